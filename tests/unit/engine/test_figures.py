"""Numbers of a run, from histories written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from harness.clock import NS
from harness.experiment import Experiment
from harness.figures.budget import budgets
from harness.figures.latency import latencies
from harness.figures.outcomes import Class, classes, outcomes, users
from harness.figures.recovery import instants
from harness.figures.risk import risk
from harness.figures.slices import SLICES_MAX, slices, width_for
from harness.history import Event, History
from harness.model import Objectives, Phase
from harness.report.series import series
from harness.reporting import Exposure
from harness.steady_state import Hypothesis, Probe
from harness.target import ServiceSpec, Target
from harness.units import parse_condition

EXPLAINED = {"http_status": 503, "explained": True}
BARE = {"http_status": 503, "explained": False}
TARGET = cast(
    "Target",
    SimpleNamespace(
        entry="user->app",
        links=[SimpleNamespace(name="user->app", callee="app")],
        services=[ServiceSpec("a", "", "payer"), ServiceSpec("b", "", "payer")],
        final_reads=lambda _: (),
        degraded=lambda op: op.value.get("stale") is True,
    ),
)
EXPERIMENT = cast(
    "Experiment",
    SimpleNamespace(
        objectives=Objectives(recovery_s=5.0),
        hypothesis=Hypothesis("", (Probe("p", "ok_ratio", "pay", parse_condition(">= 0.9")),)),
    ),
)


def op(
    number: int, t_s: float, type_: str, took_s: float = 0.1, v: dict[str, Any] | None = None
) -> Iterator[Event]:
    """An operation `pay` of a user of its own; an open one has no `type_`."""
    phase = Phase.FAULT if 10 <= t_s < 20 else Phase.BASELINE if t_s < 10 else Phase.RECOVERY
    t, who = round(t_s * NS), f"user/{number}"
    common: dict[str, Any] = {"p": who, "f": "pay", "src": "client", "phase": phase}
    yield Event(i=10 * number, t=t, type="invoke", **common)
    if type_:
        yield Event(i=10 * number + 1, t=t + round(took_s * NS), type=type_, v=v or {}, **common)


def fault(from_s: float, to_s: float) -> Iterator[Event]:
    """One fault window."""
    for number, (t_s, action) in enumerate(((from_s, "inject"), (to_s, "heal"))):
        what: dict[str, Any] = {"p": "nemesis", "type": "ok", "f": "down", "k": "app->a"}
        v = {"action": action}
        yield Event(i=9000 + number, t=round(t_s * NS), v=v, src="nemesis", **what)


def work(number: int, t_s: float, who: str) -> Event:
    """An entry of a ledger."""
    return Event(i=9100 + number, t=round(t_s * NS), p=who, type="ok", f="paid", src="ledger")


def seen(*events: Event) -> dict[str, Any]:
    """The instants of a history with a fault from 10 to 20 s."""
    history = History([*fault(10, 20), *events])
    return instants(EXPERIMENT, history, TARGET, classes(history, TARGET), {})


def test_every_operation_has_one_class() -> None:
    """Good, degraded, refused with reasons, and all else; last reads are no load."""
    events = [
        *op(1, 1, "ok"),
        *op(2, 2, "ok", v={"stale": True}),
        *op(3, 11, "fail", v=EXPLAINED),
        *op(4, 12, "info", v=BARE),
        *op(5, 13, ""),
        *op(6, 14, "fail", v={"http_status": 404, "explained": False}),
    ]
    read = Event(i=900, t=40 * NS, p="x", type="invoke", f="pay", src="client", phase=Phase.SETTLED)
    classed = classes(History([*events, read]), TARGET)
    found = outcomes(classed)
    assert found["all"] == {"served": 1, "degraded": 1, "refused": 2, "unexplained": 2}
    assert found["fault"]["unexplained"] == 2
    assert users(classed) == {"seen": 6, "refused": 1, "unexplained": 2, "turned_away": 3}


def test_latencies_of_good_and_failed_are_apart() -> None:
    """Whoever never got an answer is in neither."""
    events = [e for n in range(1, 101) for e in op(n, 10 + n / 100, "ok", n / 1000)]
    events += [*op(101, 12, "info", 3.0, BARE), *op(102, 13, "")]
    (row,) = latencies(History(events))
    assert (row["n"], row["good"], row["failed"], row["unanswered"]) == (102, 100, 1, 1)
    assert (row["p50_s"], row["p95_s"], row["p99_s"]) == (0.05, 0.095, 0.099)
    assert row["failed_p99_s"] == 3.0


def test_an_error_budget_is_spent_by_the_bad() -> None:
    """Of 40 operations 4 may fail; 6 did."""
    events = [e for n in range(40) for e in op(n, n / 10, "info" if n < 6 else "ok")]
    (row,) = budgets(EXPERIMENT, History(events))
    assert (row["bad"], row["allowed"], row["spent"]) == (6, 4.0, 1.5)


def test_the_instants_of_an_outage() -> None:
    """First failure, who noticed, who took over, first good answer, lasting good service."""
    found = seen(
        *op(1, 5, "ok"),
        *op(2, 11, "info", v=BARE),
        *op(3, 12, "fail", v=EXPLAINED),
        *op(4, 21, "ok"),
        *op(5, 21.2, "info", v=BARE),
        *op(6, 23, "ok"),
        work(1, 5, "a"),
        work(2, 14, "b"),
    )
    assert (found["first_failure_s"], found["detected_s"]) == (11.1, 12.1)
    assert found["failover"] == [{"role": "payer", "from": "a", "to": "b", "t_s": 14.0}]
    assert (found["first_good_s"], found["recovered_s"]) == (21.1, 23.1)
    assert (found["recovery_time_s"], found["objective_s"]) == (3.1, 5.0)


def test_service_that_never_failed_had_not_to_recover() -> None:
    """And one that never was good again has no recovery time."""
    assert seen(*op(1, 11, "ok"), *op(2, 22, "ok"))["recovery_time_s"] == 0.0
    never = seen(*op(1, 11, "info", v=BARE), *op(2, 22, "info", v=BARE))
    assert (never["first_good_s"], never["recovery_time_s"]) == (None, None)


def test_a_checker_that_states_the_recovery_time_is_believed() -> None:
    """One number, not two."""
    history = History([*fault(10, 20), *op(1, 11, "info"), *op(2, 21, "ok")])
    stated = {"recovery_time_s": 0.4}
    found = instants(EXPERIMENT, history, TARGET, classes(history, TARGET), stated)
    assert (found["recovery_time_s"], found["recovered_s"]) == (0.4, 20.4)


def test_a_long_run_has_no_more_slices_than_a_short_one() -> None:
    """From a second to a week; every operation is counted once."""
    for length_s in (0.05, 1.0, 31.0, 3600.0, 86400.0, 7 * 86400.0):
        assert 1 <= slices(length_s, width_for(length_s)) <= SLICES_MAX
    history = History([*op(1, 0, "ok"), *op(2, 30.99, "ok", 5.0), *op(3, 12, "")])
    found = series(classes(history, TARGET), 31.0)
    assert sum(map(sum, found.due.values())) == sum(map(sum, found.over.values())) == 3
    assert found.over[Class.UNEXPLAINED][24] == 1


def test_money_at_risk_is_summed_over_time() -> None:
    """The most in each slice, the oldest of it, and what is left for ever."""
    exposures = [
        Exposure(1.05, 1.3, 100, "a"),
        Exposure(1.25, 4.15, 50, "b"),
        Exposure(8.0, None, 7, "c"),
    ]
    target = cast("Target", SimpleNamespace(at_risk=lambda _: exposures))
    end = Event(i=1, t=10 * NS, p="harness", type="end", f="run", src="clock")
    found = risk(History([end]), target)
    assert found["width_s"] == 0.1
    assert found["sum_minor"][9:14] == [0, 100, 100, 150, 150]
    assert found["sum_minor"][14:42] == [50] * 28
    assert found["sum_minor"][42:] == [0] * 38 + [7] * 20
    assert (found["peak_minor"], found["peak_t_s"]) == (150, 1.2)
    assert (found["oldest_for_s"][10], found["oldest_for_s"][41]) == (0.05, 2.9)
    assert (found["oldest_s"], found["end_minor"], found["end_count"]) == (2.9, 7, 1)
    assert risk(History([end]), TARGET) == {}

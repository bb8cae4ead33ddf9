"""One journey and a few faults: what each means, and that everything follows from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from harness.runtimes.sim.scenario import Mode, Point, Scenario, Stage, Trace, modes_for

DESIGNS = Path(__file__).parents[2] / "chaos" / "designs"
PAYOUT = Point("lending->payment_a", 1)


def stage(design: str) -> Stage:
    """A stage for a shipped design."""
    return Stage(yaml.safe_load((DESIGNS / f"{design}.yaml").read_text(encoding="utf-8")))


def play(design: str, faults: Mapping[Point, Mode], journey: str = "consumer") -> Trace:
    """One journey."""
    return stage(design).run(Scenario((journey,), 1, faults))


def paid(trace: Trace) -> int:
    """How often money went out."""
    return sum(entry.v["status"] == "SUCCESS" for entry in trace.history.ledger("payout"))


def test_without_faults_a_loan_is_paid_once_and_everything_is_read() -> None:
    """The history holds borrower, ledgers and last reads."""
    trace = play("hardened", {})
    assert paid(trace) == 1
    assert trace.fired == ()
    assert len(trace.history.ledgers_read) == 6
    last = [op.value["status"] for op in trace.history.ops("application") if "checker" in op.p]
    assert last == ["active"]


@pytest.mark.parametrize("mode", modes_for("POST /v1/payouts"))
def test_hardened_pays_once_whatever_happens_to_the_payout(mode: Mode) -> None:
    """Each way in which one call can go wrong, and the fault is on record."""
    trace = play("hardened", {PAYOUT: mode})
    assert paid(trace) == 1
    assert [fired.mode for fired in trace.fired] == [mode]
    assert trace.stuck == ""


@pytest.mark.parametrize("mode", [Mode.REPLY_LOST, Mode.LATE, Mode.ERROR_AFTER])
def test_naive_pays_twice_when_the_answer_is_lost(mode: Mode) -> None:
    """Applied without a usable answer: the retry is a second payout."""
    assert paid(play("naive", {PAYOUT: mode})) == 2


@pytest.mark.parametrize("mode", [Mode.REFUSED, Mode.REQUEST_LOST, Mode.ERROR_BEFORE])
def test_what_never_arrived_moves_nothing(mode: Mode) -> None:
    """A call that was not applied is harmless even for a naive retry."""
    assert paid(play("naive", {PAYOUT: mode})) == 1


def test_hardened_survives_a_crash_at_every_write() -> None:
    """Before and after each durable step of the loan: paid once, and told so."""
    points = play("hardened", {}).points
    writes = [point for point, operation in points.items() if operation == "write"]
    assert len(writes) > 10
    for point in writes:
        for mode in (Mode.CRASH_BEFORE_WRITE, Mode.CRASH_AFTER_WRITE):
            trace = play("hardened", {point: mode})
            assert paid(trace) <= 1, (point, mode)
            assert trace.fired[0].point == point


def test_a_retry_shows_a_new_point() -> None:
    """What a fault makes happen can be broken in turn."""
    calm = play("hardened", {}).points
    asked = play("hardened", {PAYOUT: Mode.REPLY_LOST}).points
    assert "GET /v1/requests/*" in asked.values()
    assert set(asked) - set(calm)


def test_a_seed_gives_one_trace() -> None:
    """The same scenario twice: the same events, points and signature."""
    faults = {PAYOUT: Mode.REPLY_LOST, Point("lending->database", 4): Mode.CRASH_AFTER_WRITE}
    one, other = play("hardened", faults), play("hardened", faults)
    assert one.history.events == other.history.events
    assert (one.points, one.signature) == (other.points, other.signature)


def test_a_fault_that_changes_behaviour_changes_the_signature() -> None:
    """Signatures tell apart what is different, and only that."""
    calm, missed = play("hardened", {}), play("hardened", {Point("nowhere", 1): Mode.SLOW})
    assert calm.signature == missed.signature
    assert calm.signature != play("hardened", {PAYOUT: Mode.REPLY_LOST}).signature


def test_points_are_written_and_read() -> None:
    """A plan can be stored as text."""
    assert str(PAYOUT) == "lending->payment_a#1"
    assert Point.parse(str(PAYOUT)) == PAYOUT

"""Limits on what was seen: good and failed operations apart, every window by itself, its unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from harness.clock import NS
from harness.experiment import ThresholdPart
from harness.history import Event, History
from harness.thresholds import threshold


def limit(measure: str, tolerance: str, **more: Any) -> ThresholdPart:
    """A threshold on reads of a limit in the fault, as a document states it."""
    part = {"measure": measure, "of": "read_limit", "tolerance": tolerance, **more}
    return ThresholdPart.model_validate(part)


def run_of(
    outages: Iterable[tuple[float, float]],
    failing: Iterable[tuple[float, float]] = (),
    *,
    per_s: int = 8,
    slow_s: float = 0.01,
    end_s: float = 60.0,
) -> History:
    """Reads at an even pace; those in `failing` are refused at once, the others take `slow_s`."""
    events = [_phase(0.0, "baseline"), _phase(6.0, "fault"), _phase(50.0, "recovery")]
    for from_s, to_s in outages:
        for action, t_s in (("inject", from_s), ("heal", to_s)):
            events += [_mark(t_s, "invoke", action), _mark(t_s, "ok", action)]
    for number in range(round(end_s * per_s)):
        t_s = number / per_s
        bad = any(a <= t_s < b for a, b in failing)
        p, took_s = f"consumer/{number}", 0.001 if bad else slow_s
        events.append(_event(t_s, p, "invoke"))
        events.append(_event(t_s + took_s, p, "fail" if bad else "ok"))
    numbered = enumerate(sorted(events, key=lambda event: event["t"]))
    return History([Event(i=i, **event) for i, event in numbered])


def _event(t_s: float, p: str, type_: str) -> dict[str, Any]:
    return {"t": round(t_s * NS), "p": p, "type": type_, "f": "read_limit", "src": "client"}


def _phase(t_s: float, name: str) -> dict[str, Any]:
    when = {"t": round(t_s * NS), "p": "harness", "type": "info"}
    return {**when, "f": "phase", "k": name, "src": "clock"}


def _mark(t_s: float, type_: str, action: str) -> dict[str, Any]:
    where = {"p": "nemesis", "f": "down", "k": "a->b", "src": "nemesis"}
    return {"t": round(t_s * NS), "type": type_, "v": {"action": action}, **where}


def test_fast_failures_do_not_meet_a_latency() -> None:
    """Nobody is answered, each within 1 ms: unknown, never met, and it says how many were good."""
    history = run_of([(6.0, 14.0)], [(6.0, 14.0)])
    seen = threshold(limit("latency_p99", "< 100ms"), history)
    assert not seen["met"]
    assert seen["why"] == "0 good of 64 operations, 20 needed"


def test_how_long_failures_took_has_a_measure_of_its_own() -> None:
    """Failures within 1 ms are told at once; without a failure the limit holds."""
    history = run_of([(6.0, 14.0)], [(6.0, 14.0)])
    seen = threshold(limit("failed_latency_p99", "< 100ms"), history)
    assert (seen["met"], seen["n"], seen["shown"]) == (True, 64, "1ms")
    assert threshold(limit("failed_latency_p99", "< 1s"), run_of([(6.0, 14.0)]))["met"]


@pytest.mark.parametrize(("tolerance", "shown"), [("< 800ms", "1500ms"), ("< 1s", "1.5s")])
def test_a_value_is_shown_in_the_unit_that_was_asked(tolerance: str, shown: str) -> None:
    """Who asks in ms reads ms."""
    seen = threshold(limit("latency_p50", tolerance), run_of([(6.0, 14.0)], slow_s=1.5))
    assert (seen["met"], seen["shown"]) == (False, shown)


def test_two_short_outages_are_not_diluted_by_the_time_between() -> None:
    """Each window counts by itself: 8 of 8 failed breaks 0.90 for sure, and the window is named."""
    outages = [(6.0, 7.0), (46.0, 47.0)]
    seen = threshold(limit("ok_ratio", ">= 0.90"), run_of(outages, outages[1:]))
    assert (seen["met"], seen["value"]) == (False, 0.0)
    assert seen["window"] == "down at a->b, 46..47 s"


def test_few_operations_break_a_limit_but_do_not_meet_it() -> None:
    """8 clean reads in a window of 1 s are no proof of 90 %."""
    seen = threshold(limit("ok_ratio", ">= 0.90"), run_of([(6.0, 7.0)]))
    assert (seen["met"], seen["why"]) == (False, "8 operations, 20 needed")


def test_the_worst_second_of_a_long_window_decides() -> None:
    """1 s of failures among 40 s is 97 % in all, and 0 % in the worst second."""
    long, second = [(6.0, 46.0)], [(20.5, 21.5)]
    history = run_of(long, second, per_s=40)
    assert threshold(limit("ok_ratio", ">= 0.90"), history)["met"]
    seen = threshold(limit("ok_ratio", ">= 0.90", over="1s"), history)
    assert (seen["met"], seen["value"]) == (False, 0.0)
    assert seen["window"] == "down at a->b, 20.5..21.5 s"


def test_a_window_that_never_was_is_unknown() -> None:
    """A threshold on the fault of a run without one says nothing."""
    seen = threshold(limit("ok_ratio", ">= 0.5"), run_of([]))
    assert (seen["met"], seen["why"]) == (False, "the run had no fault window")


def test_a_phase_is_judged_by_what_was_due_in_it() -> None:
    """The baseline ends where the fault phase begins."""
    seen = threshold(limit("ok_ratio", ">= 0.5", during="baseline"), run_of([(6.0, 7.0)]))
    assert (seen["n"], seen["window"]) == (48, "baseline, 0..6 s")

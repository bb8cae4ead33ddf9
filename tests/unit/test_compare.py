"""Designs compared: promises first, then numbers by evidence, and what would still be needed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness.compare.evidence import front, limit_for, of_counts, of_pairs
from harness.compare.outcome import Asked, outcome
from harness.compare.words import conclusion, contest
from harness.stats import median_interval, sign_e_value

LIMIT = limit_for(7)


def run(*broken: str, p99_s: float = 0.1, calls: int = 100, away: int = 0, code: int | None = None,
        recovery_s: float | None = 1.0) -> dict[str, Any]:  # fmt: skip
    """The result document of a run, as far as a comparison reads it."""
    return {
        "verdict": "fail" if broken else "pass",
        "exit_code": int(bool(broken)) if code is None else code,
        "reasons": ["because"], "run_dir": "r", "repeat": "again",
        "invariants": [{"name": name, "verdict": "invalid", "claim": "c",
                        "first_bad": {"what": "seen"}} for name in broken],
        "thresholds": [], "hypothesis": [], "faults": [],
        "figures": {
            "users": {"seen": 200, "turned_away": away}, "degraded_s": 3,
            "latency": [{"phase": "fault", "p99_s": p99_s}, {"phase": "recovery", "p99_s": 9.0}],
            "recovery": {"recovery_time_s": recovery_s},
            "risk": {"peak_minor": 500, "oldest_s": 2.0}, "calls": {"a": calls},
        },
    }  # fmt: skip


def compared(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> dict[str, Any]:
    """Designs `a` and `b` with these runs, a seed each."""
    asked = Asked(("a", "b"), ("x01",), "sim", 1, len(a), "again")
    sides = {"a": a, "b": b}
    return outcome(
        asked,
        {name: {("x01", n): one for n, one in enumerate(its)} for name, its in sides.items()},
        [],
    )


def of(summary: dict[str, Any], measure: str) -> dict[str, Any]:
    """The contest in one measure."""
    found: dict[str, Any] = next(c for c in summary["contests"] if c["measure"] == measure)
    return found


def test_a_design_that_breaks_a_promise_is_not_compared_by_numbers() -> None:
    """A loan paid twice is not made good by a low p99."""
    summary = compared([run()] * 10, [run("no_double_payout", p99_s=0.01)] * 10)
    assert (summary["exit_code"], summary["numbers"], summary["front"]) == (1, [], [])
    assert summary["results"][1]["invariants"][0]["runs"] == 10
    assert "fewer than two" in conclusion(summary)


def test_nothing_is_said_of_a_design_whose_runs_say_nothing() -> None:
    """Inconclusive runs are no kept promise."""
    summary = compared([run()] * 3, [run(code=3)] * 3)
    assert (summary["exit_code"], summary["numbers"]) == (3, [])


def test_better_in_one_and_worse_in_nothing_is_the_front() -> None:
    """Ten pairs of ten are evidence, also after seven measures were looked at."""
    summary = compared([run(p99_s=0.1)] * 10, [run(p99_s=0.2)] * 10)
    assert of(summary, "p99_s")["better"] == "a"
    assert summary["front"] == ["a"]
    assert "Pareto front: a; worse in something and better in nothing: b" in conclusion(summary)
    both = compared([run(p99_s=0.1, calls=200)] * 10, [run(p99_s=0.2)] * 10)
    assert both["front"] == ["a", "b"]


def test_too_few_seeds_say_how_many_more() -> None:
    """Three wins of three are none yet; so many more, and they are."""
    summary = compared([run(p99_s=0.1)] * 3, [run(p99_s=0.2)] * 3)
    seen = of(summary, "p99_s")
    assert (seen["better"], seen["more_seeds"]) == ("", 7)
    assert contest(seen) == "not known: about 7 more seeds for a difference like this"
    assert of(compared([run()] * 10, [run(p99_s=0.2)] * 10), "p99_s")["better"] == "a"
    assert contest(of(summary, "calls")) == "no difference seen"


def test_a_run_that_never_recovers_is_worse_than_any_that_does() -> None:
    """An end that was not seen is no missing number."""
    summary = compared([run(recovery_s=30.0)] * 10, [run(recovery_s=None)] * 10)
    assert of(summary, "recovery_s")["better"] == "a"
    never = summary["numbers"][1]["recovery_s"]
    assert (never["value"], never["never"]) == (None, 10)


def test_availability_is_counted_by_borrowers() -> None:
    """8 of 2000 against 60 is seen, against 20 not yet; against 9 nobody would wait for it."""
    names = ("a", "b")
    assert of_counts("x", names, (8, 2000), (60, 2000), 10, LIMIT).better == "a"
    close = of_counts("x", names, (8, 2000), (20, 2000), 10, LIMIT)
    assert close.better == ""
    assert close.runs_needed is not None
    assert of_counts("x", names, (8, 2000), (9, 2000), 10, LIMIT).runs_needed is None


def test_equal_designs_look_different_seldom_however_often_one_looks() -> None:
    """Ville's inequality, by trial: fewer than one in twenty over 60 looks."""
    dice, alarms = random.Random(7), 0
    for _ in range(300):
        wins = 0
        for n in range(1, 61):
            wins += dice.random() < 0.5
            if sign_e_value(wins, n - wins) >= 20:
                alarms += 1
                break
    assert alarms < 15


def test_a_median_has_an_interval_from_six_values_on() -> None:
    """1 - 2 / 2^n has to reach 95 %; from nine on the outermost is left out."""
    assert median_interval([1.0] * 5) == (float("-inf"), float("inf"))
    assert median_interval([6, 5, 4, 3, 2, 1]) == (1, 6)
    assert median_interval(list(range(9))) == (1, 7)


@pytest.mark.parametrize("swap", [False, True])
def test_the_front_knows_no_order(swap: bool) -> None:
    """Who is named first does not matter."""
    pairs = [(1.0, 2.0)] * 12
    one = of_pairs("x", ("a", "b"), pairs, LIMIT)
    two = of_pairs("x", ("b", "a"), [(b, a) for a, b in pairs], LIMIT)
    assert front(["a", "b"], [two if swap else one]) == ["a"]

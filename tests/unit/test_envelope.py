"""What can be varied, and where a design changes from full to degraded to broken."""

from __future__ import annotations

from typing import Any

import pytest

from harness.document import load_experiment
from harness.envelope.knobs import Knob, parse, with_value
from harness.envelope.search import Point, explore, judged, zones
from harness.prepare import load_design
from harness.registry import load_vocabulary

WORDS = load_vocabulary()
RETURN = load_experiment(WORDS.experiments["x23_score_missing"], WORDS)  # two faults, end to end
DESIGN = load_design("hardened", WORDS)


def run(*broken: str, modes: dict[str, int] | None = None, verdict: str = "") -> dict[str, Any]:
    """The result document of a run, as far as an envelope reads it."""
    return {
        "verdict": verdict or ("fail" if broken else "pass"), "reasons": ["because"],
        "run_dir": "r", "thresholds": [], "hypothesis": [], "faults": [],
        "invariants": [{"name": name, "verdict": "invalid", "claim": "c",
                        "first_bad": {"what": "seen", "t_s": 9.0 - n}}
                       for n, name in enumerate(broken)],
        "figures": {"modes": {"pay": modes or {"FULL": 9}}},
    }  # fmt: skip


def test_what_breaks_first_is_the_earliest_not_the_first_in_the_list() -> None:
    """Who mends wants the start of the chain."""
    assert judged(1.0, run("late", "early")).first == "early: seen"
    assert judged(1.0, run(modes={"QUEUE": 5, "FULL": 5})).state == "degraded"
    assert judged(1.0, run(modes={"QUEUE": 1, "FULL": 500})).state == "full"
    assert judged(1.0, run(verdict="inconclusive")).state == "unclear"


def test_a_breaking_point_is_found_by_halving() -> None:
    """Full up to 7, degraded up to 40, broken above: both changes, in few tries."""
    tried: list[float] = []

    def attempt(value: float) -> Point:
        tried.append(value)
        state = "full" if value < 7 else "degraded" if value < 40 else "broken"
        return Point(value, state, "", None, run())

    knob = Knob("for", 1.0, 120.0)
    found = zones(knob, explore(knob, attempt, 0.05))
    assert [zone["state"] for zone in found] == ["full", "degraded", "broken"]
    for before, after, edge in zip(found, found[1:], (7, 40), strict=False):
        assert before["to"] < edge <= after["from"]
        assert after["from"] - before["to"] <= 0.05 * after["from"]
    assert len(tried) == len(set(tried)) < 20


def test_a_range_is_walked_as_it_is_written() -> None:
    """By factors where it is wide, by whole numbers where the design has one; both ends are in."""
    assert Knob("load", 1.0, 8.0).grid(4) == [1, 2, 4, 8]
    assert Knob("for", 8.0, 16.0).grid(3) == [8, 12, 16]
    whole = Knob("design.tries_max", 1.0, 3.0, whole=True)
    assert whole.grid(5) == [1, 2, 3]

    def attempt(value: float) -> Point:
        return Point(value, "full" if value < 2 else "broken", "", None, run())

    assert [one.value for one in explore(whole, attempt, 0.01)] == [1, 2, 3]


def test_a_longer_fault_moves_what_comes_after_it() -> None:
    """Else the second would overlap the first, and the document be refused."""
    document, _ = with_value(Knob("for", 1.0, 9.0), 9.0, RETURN, DESIGN)
    assert [(step["at"], step["for"]) for step in document["method"]] == [
        ("8s", "9s"),
        ("17s", "9s"),
    ]


def test_load_and_design_are_set_without_touching_what_was_read() -> None:
    """Times what the document says; a number of the design by its keys."""
    document, _ = with_value(Knob("load", 1.0, 8.0), 2.5, RETURN, DESIGN)
    assert document["load"]["arrivals"] == "20/s"
    assert RETURN.document["load"] != document["load"]
    _, design = with_value(Knob("design.breaker.open_s", 1.0, 8.0), 4.0, RETURN, DESIGN)
    assert (design["breaker"]["open_s"], DESIGN["breaker"]["open_s"]) == (4.0, 2.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("for", "no range; allowed: for=1s..120s"),
        ("fro=1s..2s", "nothing is called 'fro'; did you mean 'for'?"),
        ("for=9s..2s", "9s is not below 2s"),
        ("for=1..2s", "'1' is no duration"),
        ("load=1..8x", "'1' is no factor of the load"),
        ("design.upstream_timout_s=1..2", "did you mean 'design.upstream_timeout_s'?"),
        ("design.submit=1..2", "no number 'design.submit' in the design"),
    ],
)
def test_what_cannot_be_varied_is_refused(given: str, said: str) -> None:
    """Place, what is allowed, the nearest word."""
    knob, problems = parse(given, RETURN, DESIGN)
    assert knob is None
    assert said in str(problems[0])

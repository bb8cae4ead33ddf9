"""What a smaller experiment is: each step smaller by itself, never below what can run."""

from __future__ import annotations

from typing import Any

from harness.explore.shrink_run import (
    PARTS,
    describe,
    earlier,
    narrowed,
    shorter_delays,
    shorter_windows,
    slower,
    sooner_over,
    with_journeys,
    with_steps,
)

DOCUMENT: dict[str, Any] = {
    "title": "t",
    "load": {"arrivals": "8/s", "journeys": {"consumer": 6, "sme": 2}},
    "method": [
        {"at": "6s", "for": "8s", "fault": "latency", "link": "a->b", "delay": "2s"},
        {"at": "7s", "for": "300ms", "fault": "down", "link": "a->c"},
    ],
    "recovery": "10s",
    "invariants": ["one", "other"],
    "thresholds": [{"measure": "p99"}],
    "blast-radius": {"links": ["a->b", "a->c"], "abort-when": "failed > 1"},
}


def test_only_what_broke_is_still_asked_for() -> None:
    """A threshold or a guard must not end the smaller run for another reason."""
    small = narrowed(DOCUMENT, "other")
    assert small["invariants"] == ["other"]
    assert "thresholds" not in small
    assert "abort-when" not in small["blast-radius"]
    assert "abort-when" in DOCUMENT["blast-radius"]


def test_each_part_is_halved_alone() -> None:
    """So that what could go is known by name."""
    assert [one["load"]["arrivals"] for one in slower(DOCUMENT)] == ["4/s"]
    assert [one["method"][0]["for"] for one in shorter_windows(DOCUMENT)] == ["4s"]
    assert [one["method"][0]["delay"] for one in shorter_delays(DOCUMENT)] == ["1s"]
    assert [one["recovery"] for one in sooner_over(DOCUMENT)] == ["5s"]


def test_the_distance_between_faults_stays() -> None:
    """Two faults that have to meet still do."""
    (sooner,) = earlier(DOCUMENT)
    assert [step["at"] for step in sooner["method"]] == ["3s", "4s"]


def test_every_way_down_ends() -> None:
    """Nothing is halved for ever."""
    for _, smaller in PARTS:
        document, steps = DOCUMENT, 0
        while (after := next(iter(smaller(document)), None)) is not None:
            document, steps = after, steps + 1
        assert steps < 12


def test_what_a_part_says_is_shown_before_and_after() -> None:
    """A person sees what was changed."""
    assert describe(DOCUMENT, "windows") == "for 8s, for 300ms"
    assert describe(DOCUMENT, "delays") == "delay 2s"
    assert describe(DOCUMENT, "baseline") == "6s"


def test_faults_and_journeys_can_be_left_out() -> None:
    """The rest of the document stays as it was."""
    assert with_steps(DOCUMENT, [])["method"] == []
    assert with_journeys(DOCUMENT, ["sme"])["load"] == {"arrivals": "8/s", "journeys": {"sme": 2}}

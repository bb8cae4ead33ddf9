"""What a smaller experiment is: each step smaller by itself, never below what can run."""

from __future__ import annotations

from typing import Any

from harness.explore.smaller import (
    PARTS,
    describe,
    earlier,
    fewer_stages,
    narrowed,
    one_rate,
    shorter_delays,
    shorter_stages,
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


def test_stages_become_one_rate_or_fewer_and_shorter_stages() -> None:
    """The load is as long as before; a stage is left out, halved, or slower with the others."""
    stages = [
        {"for": "10s", "arrivals": "8/s"},
        {"for": "4s", "arrivals": "8/s", "to": "24/s"},
        {"for": "16s", "arrivals": "24/s"},
    ]
    staged = {**DOCUMENT, "load": {"stages": stages, "journeys": {"consumer": 1}}}
    rates = [(one["load"]["arrivals"], one["recovery"]) for one in one_rate(staged)]
    assert rates == [("24/s", "16s"), ("17.6/s", "16s")]
    assert not any("stages" in one["load"] for one in one_rate(staged))
    assert [len(one["load"]["stages"]) for one in fewer_stages(staged)] == [2, 2, 2]
    assert [one["load"]["stages"][1]["for"] for one in shorter_stages(staged)] == ["4s", "2s", "4s"]
    (slow,) = slower(staged)
    assert [one.get("to", one["arrivals"]) for one in slow["load"]["stages"]] == [
        "4/s", "12/s", "12/s",
    ]  # fmt: skip
    (sooner,) = earlier(staged)
    assert (sooner["method"][0]["at"], sooner["load"]["stages"][0]["for"]) == ("3s", "7s")


def test_a_load_alone_has_no_faults_to_move() -> None:
    """It can only have fewer arrivals and a shorter end."""
    alone = {**DOCUMENT, "method": []}
    assert list(earlier(alone)) == list(one_rate(alone)) == list(fewer_stages(alone)) == []
    assert [part for part, smaller in PARTS if next(smaller(alone), None)] == [
        "arrivals", "recovery",
    ]  # fmt: skip
    assert describe(alone, "baseline") == "0s"


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

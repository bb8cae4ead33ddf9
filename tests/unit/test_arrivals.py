"""Arrivals: an open model that the seed alone decides."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from harness.errors import ConfigError
from harness.load.arrivals import arrivals, journey_dice
from harness.workload import LoadPlan, Stage, expected_arrivals

PLAN = LoadPlan("chaos.targets.reference", 7, 50.0, {"consumer": 3, "repayer": 1}, 40.0)


def test_same_seed_gives_the_same_arrivals_and_another_seed_others() -> None:
    """A repeated run asks for the same journeys at the same moments."""
    assert arrivals(PLAN) == arrivals(replace(PLAN, journeys={"repayer": 1, "consumer": 3}))
    assert arrivals(PLAN) != arrivals(replace(PLAN, seed=8))


def test_arrivals_are_sorted_numbered_and_inside_the_duration() -> None:
    """Numbers name journeys, so they are unique and in order."""
    found = arrivals(PLAN)
    assert [arrival.number for arrival in found] == list(range(len(found)))
    assert [a.t_s for a in found] == sorted(a.t_s for a in found)
    assert all(0 < arrival.t_s < PLAN.duration_s for arrival in found)


def test_rate_and_weights_are_those_of_the_plan() -> None:
    """2,000 arrivals expected, 3 of 4 consumers; bounds are five standard deviations."""
    found = arrivals(PLAN)
    assert abs(len(found) - 2_000) < 5 * 2_000**0.5
    consumers = sum(arrival.journey == "consumer" for arrival in found)
    assert abs(consumers / len(found) - 0.75) < 5 * (0.75 * 0.25 / len(found)) ** 0.5


def test_a_journey_with_weight_zero_never_starts() -> None:
    """Weight 0 switches a journey off without deleting its line."""
    plan = replace(PLAN, journeys={"consumer": 0, "repayer": 1})
    assert {arrival.journey for arrival in arrivals(plan)} == {"repayer"}


def test_the_mix_of_journeys_does_not_move_the_arrivals() -> None:
    """Times and kinds have dice of their own: two mixes can be compared under the same arrivals."""
    other = replace(PLAN, journeys={"consumer": 1, "sme": 9})
    assert [a.t_s for a in arrivals(PLAN)] == [a.t_s for a in arrivals(other)]


def test_dice_of_a_journey_depend_on_seed_and_number_alone() -> None:
    """A journey chooses the same whoever else is there."""
    other = replace(PLAN, arrivals_per_s=1.0, journeys={"sme": 1})
    assert journey_dice(PLAN, 5).random() == journey_dice(other, 5).random()
    assert journey_dice(PLAN, 5).random() != journey_dice(PLAN, 6).random()


def test_arrivals_follow_the_stages() -> None:
    """400 arrivals at 40/s, 1,000 in a ramp to 160/s; bounds are five standard deviations."""
    stages = ((10.0, 40.0, 40.0), (10.0, 40.0, 160.0), (5.0, 40.0, 40.0))
    found = [a.t_s for a in arrivals(replace(PLAN, duration_s=25.0, stages=stages))]
    ends = [0.0, 10.0, 15.0, 20.0, 25.0]
    counts = [sum(a <= t_s < b for t_s in found) for a, b in pairwise(ends)]
    for count, expected in zip(counts, (400, 350, 650, 200), strict=True):
        assert abs(count - expected) < 5 * expected**0.5
    assert found == sorted(found)
    assert found[-1] < 25.0


def test_a_stage_knows_when_how_many_are_expected() -> None:
    """The two directions agree, also in a ramp that falls."""
    for stage in (Stage(10.0, 8.0, 8.0), Stage(10.0, 8.0, 24.0), Stage(10.0, 24.0, 8.0)):
        assert stage.when(stage.expected(7.5)) == pytest.approx(7.5)
    assert expected_arrivals((Stage(6, 8, 8), Stage(10, 24, 24)), 5.0, 8.0) == 8 + 48


def test_an_impossible_plan_is_refused_with_every_problem() -> None:
    """Rate, duration and weights are all named at once."""
    plan = replace(PLAN, arrivals_per_s=0, duration_s=-1.0, journeys={"consumer": 0})
    with pytest.raises(ConfigError) as refused:
        arrivals(plan)
    assert [problem.where for problem in refused.value.problems] == [
        "load plan: arrivals_per_s", "load plan: duration_s", "load plan: journeys",
    ]  # fmt: skip

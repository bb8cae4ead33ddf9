"""When borrowers arrive and what for: an open model, so that a sick service keeps nobody away.

A closed model (a fixed number of users, each waiting for its answer) asks less of a service that
hangs and so hides the outage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import ConfigError, Problem
from harness.rng import Dice, Seed
from harness.workload import LoadPlan, LoadReport

OPEN_MAX = 2_000  # journeys at a time
LATE_S = 0.1


@dataclass(frozen=True)
class Arrival:
    """One borrower comes.

    Args:
        t_s: intended start on the run clock.
        journey: name of what the borrower wants to do.
        number: from 0, unique in the run.
    """

    t_s: float
    journey: str
    number: int


class Tally:
    """What became of the arrivals of a load, so far."""

    def __init__(self) -> None:
        """Nobody has come."""
        self.delivered = self.late = self.dropped = 0
        self.late_worst_s = 0.0

    def started(self, arrival: Arrival, t_s: float) -> None:
        """One has begun.

        Args:
            t_s: now, run clock.
        """
        late_s = t_s - arrival.t_s
        self.delivered += 1
        self.late += late_s > LATE_S
        self.late_worst_s = max(self.late_worst_s, late_s)

    def report(self, asked: int) -> LoadReport:
        """Of so many that there should have been."""
        worst_s = round(self.late_worst_s, 6)
        return LoadReport(asked, self.delivered, self.late, self.dropped, worst_s)


def arrivals(plan: LoadPlan) -> list[Arrival]:
    """Every arrival of a plan, sorted by time: the same plan gives the same list.

    Args:
        plan: mean rate (journeys a second), duration (s), weights, seed.

    Raises:
        ConfigError: a rate or duration that is not positive, or no journey with a weight.
    """
    names = sorted(plan.journeys)
    weights = [plan.journeys[name] for name in names]
    _check(plan, weights)
    seed = Seed(plan.seed)
    which = seed.stream("load/which")
    return [
        Arrival(t_s, which.choices(names, weights)[0], number)
        for number, t_s in enumerate(_poisson(seed.stream("load/when"), plan))
    ]


def journey_dice(plan: LoadPlan, number: int) -> Dice:
    """The dice of one journey: its choices depend on the seed and its number, on nothing else."""
    return Seed(plan.seed).stream(f"load/journey/{number}")


def _poisson(dice: Dice, plan: LoadPlan) -> Iterator[float]:
    if plan.stages:
        yield from _poisson_of_stages(dice, plan)
        return
    t_s = dice.expovariate(plan.arrivals_per_s)
    while t_s < plan.duration_s:
        yield t_s
        t_s += dice.expovariate(plan.arrivals_per_s)


def _poisson_of_stages(dice: Dice, plan: LoadPlan) -> Iterator[float]:
    """A process whose rate changes: one of rate 1, its time stretched by what is expected."""
    begun_s, count = 0.0, dice.expovariate(1.0)
    for stage in plan.profile:
        total = stage.expected(stage.for_s)
        while count < total:
            t_s = begun_s + stage.when(count)
            if t_s >= plan.duration_s:
                return
            yield t_s
            count += dice.expovariate(1.0)
        count -= total
        begun_s += stage.for_s


def _check(plan: LoadPlan, weights: list[int]) -> None:
    problems = [
        Problem(f"{value!r}", f"load plan: {name}", "a number above 0")
        for name in ("arrivals_per_s", "duration_s")
        if not (value := getattr(plan, name)) > 0
    ]
    problems += [
        Problem(f"{tuple(stage)!r}", f"load plan: stages[{number}]", "three numbers above 0")
        for number, stage in enumerate(plan.stages)
        if not all(value > 0 for value in stage)
    ]
    if min(weights, default=0) < 0 or sum(weights) <= 0:
        allowed = "weights of 0 or more, at least one above 0"
        problems.append(Problem(f"{dict(plan.journeys)!r}", "load plan: journeys", allowed))
    if problems:
        raise ConfigError(problems)

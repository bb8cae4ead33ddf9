"""What a document can never show: why an invariant will be unknown, before anything is started."""

from __future__ import annotations

from collections.abc import Callable

from chaos.invariants._operator import CUTS
from harness.experiment import Experiment

Silent = Callable[[Experiment], str]


def may_speak(experiment: Experiment) -> str:
    """It may find something to look at."""
    return ""


def without(*kinds: str) -> Silent:
    """Silent unless there is a fault of one of these kinds."""

    def silent(experiment: Experiment) -> str:
        planned = {step.fault.kind for step in experiment.steps}
        return "" if planned & {*kinds} else f"no fault is one of: {', '.join(kinds)}"

    return silent


def none_faulted(experiment: Experiment) -> str:
    """Silent while no stand-in is faulted: none counts its calls then."""
    system = experiment.objectives.system
    faulted = {system.third_party(step.fault.where) for step in experiment.steps}
    return "" if faulted & {*system.ledgers} else "no stand-in is faulted, so none counts its calls"


def unless_all_are_cut(role: str) -> Silent:
    """Silent while somebody of this role can be reached all the time."""

    def silent(experiment: Experiment) -> str:
        system = experiment.objectives.system
        cuts = [step.fault.where for step in experiment.steps if step.fault.kind in CUTS]
        there = sorted({*system.playing(role)} - {system.third_party(where) for where in cuts})
        return f"{', '.join(there)} can be reached all the time" if there else ""

    return silent


SURGE_TIMES = 2.0
"""So many times the usual arrivals are a surge; chosen: chance alone gives that once in months."""


def unless_it_surges(experiment: Experiment) -> str:
    """Silent where the load has one rate, or never falls back to what it was."""
    rates = [stage.to_per_s for stage in experiment.stages]
    surges = len(rates) > 2 and max(rates) > SURGE_TIMES * rates[-1]
    return "" if surges else "the load has no surge"

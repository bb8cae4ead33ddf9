"""What a run would do: for `--dry`, which touches nothing."""

from __future__ import annotations

from collections.abc import Iterator

from harness.experiment import Experiment, Step
from harness.target import Target
from harness.watch import GUARD_S


def plan_lines(experiment: Experiment, target: Target, runtime: str) -> Iterator[str]:
    """The whole plan, a line each: what is started, loaded, broken, undone and checked."""
    services = ", ".join(service.name for service in target.services)
    journeys = ", ".join(f"{name} x{weight}" for name, weight in experiment.journeys.items())
    yield f"{experiment.id} {experiment.title}: nothing is started, nothing is touched"
    yield f"start     on {runtime}, 127.0.0.1 only: {services}"
    yield f"links     {', '.join(link.name for link in target.links)}"
    yield f"load      {experiment.load_s:g} s at {_rates(experiment)}: {journeys}"
    if experiment.has_baseline:
        yield f"gate      at {experiment.baseline_s:g} s: {experiment.hypothesis.title}, else stop"
    for step in experiment.steps:
        yield from _step(step)
    yield f"recovery  until {experiment.load_s:g} s, then the hypothesis{_again(experiment)}"
    yield f"settle    at most {experiment.objectives.answer_s:g} s: last reads, every ledger"
    if experiment.abort_when:
        yield f"abort     as soon as {experiment.abort_when} within {GUARD_S:.0f} s"
    yield f"judge     {', '.join(experiment.invariants)}"


def _rates(experiment: Experiment) -> str:
    return ", then ".join(f"{stage} for {stage.for_s:g} s" for stage in experiment.profile)


def _again(experiment: Experiment) -> str:
    return " once more" if experiment.has_baseline else ""


def _step(step: Step) -> Iterator[str]:
    fault = step.fault
    where = sorted(fault.blast.links | fault.blast.services)
    yield (
        f"fault     {step.at_s:g} s .. {step.heal_at_s:g} s: {fault.kind} at {fault.where}; "
        f"touches {', '.join(where)} and nothing else"
    )
    yield f"undo      {step.heal_at_s:g} s: {fault.where} as it was before, read back, canary"

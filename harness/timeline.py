"""Times of a document that leave nothing to see: no baseline, no recovery, a load too short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.errors import Problem
from harness.experiment import Document, StepPart
from harness.model import Phase
from harness.yaml_source import Place

BASELINE_S = 8  # in a remedy: what the experiments that come along take
WINDOW_S = 0.05  # chosen: on sockets a window is as long as written within so much
AFTER_S = 8  # in a remedy: seconds left to see that the service has recovered
PHASES_OF_FAULTS = (Phase.BASELINE, Phase.FAULT, Phase.RECOVERY, Phase.SETTLED)


def timeline_problems(document: Document, place: Place) -> Iterator[Problem]:
    """Every problem of the document's times."""
    yield from _load(document, place)
    yield from _baseline(document, place)
    yield from _recovery(document, place)
    yield from _phases(document, place)


def _load(document: Document, place: Place) -> Iterator[Problem]:
    load = document.load
    if load.arrivals is None and not load.stages:
        yield Problem("load.arrivals is missing", place.of("load"), remedy="add arrivals: 8/s")
    if load.arrivals is not None and load.stages:
        yield Problem(
            "arrivals and stages both say how many come",
            place.of("load", "arrivals"),
            remedy="leave one of them out",
        )
    for number, stage in enumerate(load.stages):
        if stage.for_ <= 0:
            where = place.of("load", "stages", number, "for")
            yield Problem("for: must be above 0s", where)
    staged_s = sum(stage.for_ for stage in load.stages)
    needed_s = healed_s(document) + document.recovery
    if document.method and load.stages and staged_s < needed_s:
        yield Problem(
            f"the stages end at {staged_s:g} s, faults and recovery at {needed_s:g} s",
            place.of("load", "stages"),
            remedy=f"a last stage that is {needed_s - staged_s:g} s longer",
        )
    between_s = _between_s(document)
    if between_s < 0:
        yield Problem(
            f"recovery: {document.recovery:g}s is longer than the stages after the first, "
            f"{document.recovery + between_s:g} s: the first is the baseline",
            place.of("recovery"),
            remedy=f"a last stage that is {-between_s:g} s longer",
        )


def _between_s(document: Document) -> float:
    """From the baseline to the recovery of a load that changes and has no fault; else 0."""
    if document.method or len(document.load.stages) < 2:
        return 0.0
    return sum(stage.for_ for stage in document.load.stages[1:]) - document.recovery


def healed_s(document: Document) -> float:
    """When the last fault is to be undone, repeats and all; 0 without one."""
    return max((_ends_s(part) for part in document.method), default=0.0)


def _ends_s(part: StepPart) -> float:
    return part.at + (part.repeat - 1) * (part.every or 0.0) + part.for_


def unhonoured(part: StepPart, faults: Sequence[Any], where: str) -> Iterator[Problem]:
    """What makes a window that cannot be as written.

    Args:
        faults: what the step does, at each of its places.
        where: the place of `for`.
    """
    least_s = max([WINDOW_S, *(getattr(fault, "lasts_s_min", 0.0) for fault in faults)])
    if part.for_ < least_s:
        yield Problem(f"for: {part.for_:g}s", where, f"at least {least_s:g}s for {part.fault}")
    if part.repeat > 1 and (part.every or 0.0) <= part.for_:
        yield Problem(
            f"every: {'none' if part.every is None else f'{part.every:g}s'}",
            where,
            f"longer than for: {part.for_:g}s, since repeat: {part.repeat}",
        )
    if part.repeat == 1 and part.every is not None:
        yield Problem(f"every: {part.every:g}s", where, "only with repeat: 2 or more")


def _baseline(document: Document, place: Place) -> Iterator[Problem]:
    for number, part in enumerate(document.method):
        if part.at == 0:
            yield Problem(
                f"{part.fault} at 0s leaves no baseline: no steady state can be seen before it",
                place.of("method", number, "at"),
                remedy=f"at: {BASELINE_S}s",
            )


def _recovery(document: Document, place: Place) -> Iterator[Problem]:
    objective_s = document.objectives.recovery
    if document.recovery == 0:
        cause = "recovery: 0s leaves no time to see the service after the faults"
        yield Problem(cause, place.of("recovery"), remedy=f"recovery: {2 * AFTER_S}s")
    elif objective_s is not None and _recovers(document) and document.recovery <= objective_s:
        yield Problem(
            f"recovery: {document.recovery:g}s is not longer than its objective, "
            f"{objective_s:g}s: nothing is left to see that the service has recovered",
            place.of("recovery"),
            remedy=f"recovery: {objective_s + AFTER_S:g}s, or a shorter objectives.recovery",
        )


def _recovers(document: Document) -> bool:
    return bool(document.method) or len(document.load.stages) > 1


def _phases(document: Document, place: Place) -> Iterator[Problem]:
    """Thresholds on a phase that the run does not have."""
    has = {Phase.SETTLED, *(PHASES_OF_FAULTS if document.method else (Phase.LOAD,))}
    if not document.method and _recovers(document):
        has |= {Phase.BASELINE, Phase.RECOVERY}
        has -= {Phase.LOAD} if _between_s(document) <= 0 else set()
    for number, part in enumerate(document.thresholds):
        if part.during in set(Phase) - has:
            run = "a run with a fault" if document.method else "this run without a fault"
            yield Problem(
                f"during: {part.during}, but {run} has no such phase",
                place.of("thresholds", number, "during"),
                ", ".join(phase for phase in Phase if phase in has),
            )

"""Where a link to a database leads once its standby has taken over by plan.

    promote at database, 12 s .. 16 s     from 16 s on its standby is the primary
    latency at lending->database, 16 s    slows lending->database_b: the way to whoever leads

A document speaks of the records; which of two servers has them it need not know. In the simulation
the reference target of one region has one link for both, so nothing is moved there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

from harness.experiment import Step
from harness.target import Target


def follow_primary(steps: Sequence[Step], target: Target) -> tuple[Step, ...]:
    """The steps, each fault of a link to a database on the link to what is the primary by then.

    A fault after which the standby is the primary has `hands_over`; two of them, and the first one
    is the primary again. A take-over that is not in the plan (by the service, by people) moves
    nothing.
    """
    return tuple(_placed(step, steps, target) for step in steps)


def _placed(step: Step, steps: Sequence[Step], target: Target) -> Step:
    fault, links = step.fault, target.links
    at = next((one for one in links if one.name == getattr(fault, "link", None)), None)
    if at is None or not _handed_over(at.callee, step.at_s, steps):
        return step
    standbys = {one.name for one in target.services if one.standby_of == at.callee}
    ways = (one.name for one in links if one.caller == at.caller and one.callee in standbys)
    way = next(ways, None)
    if way is None or not isinstance(fault, BaseModel):
        return step
    return replace(step, fault=fault.model_copy(update={"link": way}))


def _handed_over(database: str, at_s: float, steps: Sequence[Step]) -> bool:
    """Whether its standby is the primary by then."""
    times = sum(
        heal_s <= at_s
        for step in steps
        if getattr(step.fault, "hands_over", False) and step.fault.where == database
        for _, heal_s in step.windows
    )
    return times % 2 == 1

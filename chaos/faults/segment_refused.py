"""A risk engine scores nobody of a segment or region."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import OfACell


class SegmentRefused(OfACell):
    """The stand-in refuses to score applications of a segment, a region, or both together.

    Effect: a business refusal that is no decision on anybody, and that a retry does not change.
    Blast radius: the stand-in.
    Args:
        segment, region: at least one; what is left out matches all.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "segment_refused"
    effect: ClassVar[str] = "refuse"
    cell: ClassVar[tuple[str, ...]] = ("segment", "region")
    without: ClassVar[str] = "nobody is refused"

    op: Literal["score"] = "score"
    segment: Literal["consumer", "sme"] | None = Field(default=None, examples=["sme"])
    region: Literal["north", "east", "south", "west"] | None = None


FAULT = SegmentRefused

"""A risk engine scores nobody of a segment or region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted


class SegmentRefused(Scripted):
    """The stand-in refuses to score applications of a segment, a region, or both together.

    Effect: a business refusal that is no decision on anybody, and that a retry does not change.
    Blast radius: the stand-in.
    Args:
        segment, region: at least one; what is left out matches all.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "segment_refused"
    effect: ClassVar[str] = "refuse"

    op: Literal["score"] = "score"
    segment: Literal["consumer", "sme"] | None = Field(default=None, examples=["sme"])
    region: Literal["north", "east", "south", "west"] | None = None

    def model_post_init(self, _: object) -> None:
        """Refuse a refusal of nobody."""
        if not self.args:
            raise ValueError("nobody is refused; allowed: segment, region")

    @property
    def args(self) -> Mapping[str, object]:
        """Whose applications."""
        cell = {"segment": self.segment, "region": self.region}
        return {name: value for name, value in cell.items() if value is not None}


FAULT = SegmentRefused

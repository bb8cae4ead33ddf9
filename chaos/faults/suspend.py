"""A regulator or a partner suspends new business."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from chaos.faults._places import canaries
from chaos.faults._scripted import OfACell
from harness.ports import Proof, Seen


class Suspend(OfACell):
    """The policy suspends what matches: a product, a segment, a region, a partner, or several.

    Effect: new loans of that cell have to wait; everything else, and every repayment, goes on.
    Blast radius: the stand-in.
    Args:
        product, segment, region, partner: at least one; what is left out matches all.
    Heals by: putting the behaviour back that was set before: a new epoch without the suspension.
    """

    kind: ClassVar[str] = "suspend"
    effect: ClassVar[str] = "suspend"
    cell: ClassVar[tuple[str, ...]] = ("product", "segment", "region", "partner")
    without: ClassVar[str] = "nothing is suspended"

    op: Literal["enact"] = "enact"
    product: Literal["loan"] | None = None
    segment: Literal["consumer", "sme"] | None = Field(default=None, examples=["sme"])
    region: Literal["north", "east", "south", "west"] | None = None
    partner: str | None = None

    def proof(self, seen: Seen) -> Proof:
        """Somebody asked for the policy while it was so; the rule itself is not hit by calls."""
        numbers: dict[str, Any] = {
            "asked": seen.during("calls.policy"),
            "canary": canaries(seen.before, seen.early, seen.after),
        }
        return Proof(numbers["asked"] > 0, "the policy was asked for", numbers)


FAULT = Suspend

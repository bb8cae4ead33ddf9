"""A payment stays under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY
from harness.units import Duration


class Processing(Scripted):
    """The stand-in answers PROCESSING, and comes to an end later, or never.

    Effect: 200 OK says nothing of the money.
    Blast radius: the stand-in.
    Args:
        ends: `success`, `failed` or `never`.
        delay: until the end, 0s..24h.
    Heals by: putting the behaviour back that was set before; payments under way come to their end.
    """

    kind: ClassVar[str] = "processing"
    effect: ClassVar[str] = "processing"
    role: ClassVar[str] = GATEWAY

    op: Literal["*", "create_payout", "create_debit"] = "*"
    ends: Literal["success", "failed", "never"] = "success"
    delay: Duration = 3.0

    @property
    def args(self) -> Mapping[str, object]:
        """Delay and end."""
        if self.ends == "never":
            return {"delay_s": None}
        return {"delay_s": self.delay, "ends": self.ends.upper()}


FAULT = Processing

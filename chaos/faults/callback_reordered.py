"""Callbacks come in another order than what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY
from harness.units import Duration, Share


class CallbackReordered(Scripted):
    """The stand-in holds a share of its callbacks back, so that later ones overtake them.

    Effect: whoever takes the last word to be the newest is wrong.
    Blast radius: the stand-in.
    Args:
        share: how many are held back; half of them unless it is said.
        within: for how long, 0s..24h.
    Heals by: putting the behaviour back that was set before; what was begun is delivered.
    """

    kind: ClassVar[str] = "callback_reordered"
    effect: ClassVar[str] = "late_callback"
    role: ClassVar[str] = GATEWAY

    op: Literal["callback"] = "callback"
    share: Share = 0.5
    within: Duration = 3.0

    @property
    def args(self) -> Mapping[str, object]:
        """How long."""
        return {"delay_s": self.within}


FAULT = CallbackReordered

"""A gateway calls back late, or contradicts itself later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY
from harness.units import Duration


class LateCallback(Scripted):
    """The stand-in delivers its callbacks late; or in time, and one with another status later.

    Effect: a word of an earlier attempt comes after the last one.
    Blast radius: the stand-in.
    Args:
        delay: how much later than usual, 0s..24h.
        status: of the one that comes later, `SUCCESS` or `FAILED`; none: the callback itself is
            late.
    Heals by: putting the behaviour back that was set before; what was begun is delivered.
    """

    kind: ClassVar[str] = "late_callback"
    effect: ClassVar[str] = "late_callback"
    role: ClassVar[str] = GATEWAY

    op: Literal["callback"] = "callback"
    delay: Duration = 3.0
    status: Literal["SUCCESS", "FAILED"] | None = None

    @property
    def args(self) -> Mapping[str, object]:
        """Delay and status."""
        return {"delay_s": self.delay, "status": self.status}


FAULT = LateCallback

"""A third party does its work at once and answers late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._scripted import Scripted
from harness.units import Duration


class Slow(Scripted):
    """The stand-in applies the call and keeps its reply back.

    Effect: a caller that gives up does not know that the money has moved.
    Blast radius: the stand-in.
    Args:
        delay: until the reply, 1ms .. 10m.
    Heals by: putting the behaviour back that was set before; replies kept back still come.
    """

    kind: ClassVar[str] = "slow"
    effect: ClassVar[str] = "slow"

    delay: Duration

    def model_post_init(self, _: object) -> None:
        """Refuse a delay that is none."""
        if not 0.001 <= self.delay <= 600:
            raise ValueError(f"delay={self.delay:g}s; allowed: 1ms..10m")

    @property
    def args(self) -> Mapping[str, object]:
        """The delay."""
        return {"delay_s": self.delay}


FAULT = Slow

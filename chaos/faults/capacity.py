"""A third party can do so much a second, and lets everybody else wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chaos.faults._scripted import Scripted
from harness.units import Rate


class Capacity(Scripted):
    """The stand-in does so many calls a second, in the order in which they came.

    Effect: below that rate nothing is felt; above it a queue grows without an end, and also serves
    those who have given up meanwhile.
    Blast radius: the stand-in.
    Args:
        rate: calls a second, `20/s`.
    Heals by: putting the behaviour back that was set before; who waits still gets their turn.
    """

    kind: ClassVar[str] = "capacity"
    effect: ClassVar[str] = "capacity"

    rate: Rate

    @property
    def args(self) -> Mapping[str, object]:
        """The rate."""
        return {"per_s": self.rate}


FAULT = Capacity

"""A gateway says everything several times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY


class DuplicateCallback(Scripted):
    """The stand-in delivers each callback several times, though each was acknowledged.

    Effect: the same word comes again after it was taken in.
    Blast radius: the stand-in.
    Args:
        times: deliveries of each, 2..100.
    Heals by: putting the behaviour back that was set before; what was begun is delivered.
    """

    kind: ClassVar[str] = "duplicate_callback"
    effect: ClassVar[str] = "duplicate_callback"
    role: ClassVar[str] = GATEWAY

    op: Literal["callback"] = "callback"
    times: int = Field(default=3, ge=2, le=100)

    @property
    def args(self) -> Mapping[str, object]:
        """How often."""
        return {"times": self.times}


FAULT = DuplicateCallback

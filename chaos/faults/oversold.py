"""A funder promises more than it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from chaos.lending import FUNDER


class Oversold(Scripted):
    """The stand-in tells a smaller quota, and its own count is raced: it takes whatever is asked.

    Effect: whoever does not count for themselves is promised money that is not there.
    Blast radius: the stand-in.
    Args:
        quota_minor: how much may be set aside meanwhile, minor units.
    Heals by: putting the behaviour back that was set before; what was promised stays promised.
    """

    kind: ClassVar[str] = "oversold"
    effect: ClassVar[str] = "oversold"
    role: ClassVar[str] = FUNDER

    op: Literal["*", "reserve"] = "*"
    quota_minor: int = Field(ge=0, le=10**13, examples=[9_000_000])

    @property
    def args(self) -> Mapping[str, object]:
        """The quota."""
        return {"quota_minor": self.quota_minor}


FAULT = Oversold

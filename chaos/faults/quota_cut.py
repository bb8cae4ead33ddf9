"""A funder has less than usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from chaos.lending import FUNDER


class QuotaCut(Scripted):
    """The stand-in tells a smaller quota, and refuses what goes beyond it.

    Effect: what is left runs out little by little; whoever looks sees it coming.
    Blast radius: the stand-in.
    Args:
        quota_minor: how much may be set aside meanwhile, minor units.
    Heals by: putting the behaviour back that was set before: a new day's quota.
    """

    kind: ClassVar[str] = "quota_cut"
    effect: ClassVar[str] = "quota_cut"
    role: ClassVar[str] = FUNDER

    op: Literal["*", "reserve"] = "*"
    quota_minor: int = Field(ge=0, le=10**13, examples=[9_000_000])

    @property
    def args(self) -> Mapping[str, object]:
        """The quota."""
        return {"quota_minor": self.quota_minor}


FAULT = QuotaCut

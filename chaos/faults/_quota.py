"""Faults of a funder's quota."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from chaos.lending import FUNDER


class SmallerQuota(Scripted):
    """The stand-in tells a smaller quota.

    Args:
        quota_minor: how much may be set aside meanwhile, minor units.
    """

    role: ClassVar[str] = FUNDER

    op: Literal["*", "reserve"] = "*"
    quota_minor: int = Field(ge=0, le=10**13, examples=[9_000_000])

    @property
    def args(self) -> Mapping[str, object]:
        """The quota."""
        return {"quota_minor": self.quota_minor}

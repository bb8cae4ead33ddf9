"""A funder has less than usual."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._quota import SmallerQuota


class QuotaCut(SmallerQuota):
    """The stand-in tells a smaller quota, and refuses what goes beyond it.

    Effect: what is left runs out little by little; whoever looks sees it coming.
    Blast radius: the stand-in.
    Args:
        quota_minor: how much may be set aside meanwhile, minor units.
    Heals by: putting the behaviour back that was set before: a new day's quota.
    """

    kind: ClassVar[str] = "quota_cut"
    effect: ClassVar[str] = "quota_cut"


FAULT = QuotaCut

"""A funder promises more than it has."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._quota import SmallerQuota


class Oversold(SmallerQuota):
    """The stand-in tells a smaller quota, and its own count is raced: it takes whatever is asked.

    Effect: whoever does not count for themselves is promised money that is not there.
    Blast radius: the stand-in.
    Args:
        quota_minor: how much may be set aside meanwhile, minor units.
    Heals by: putting the behaviour back that was set before; what was promised stays promised.
    """

    kind: ClassVar[str] = "oversold"
    effect: ClassVar[str] = "oversold"


FAULT = Oversold

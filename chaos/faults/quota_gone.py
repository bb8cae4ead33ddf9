"""A funder's quota is used up."""

from __future__ import annotations

from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import FUNDER


class QuotaGone(Scripted):
    """The stand-in refuses reservations because its quota is used up.

    Effect: a definite "no"; another funder can be asked.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "quota_gone"
    effect: ClassVar[str] = "quota_gone"
    role: ClassVar[str] = FUNDER

    op: Literal["reserve"] = "reserve"


FAULT = QuotaGone

"""A funder steps back from what it has promised."""

from __future__ import annotations

from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import FUNDER


class Withdraw(Scripted):
    """The stand-in gives up its reservation instead of committing it.

    Effect: a loan that was approved, and paid out already, has nobody who funds it.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before; what was given up stays so.
    """

    kind: ClassVar[str] = "withdraw"
    effect: ClassVar[str] = "withdraw"
    role: ClassVar[str] = FUNDER

    op: Literal["commit"] = "commit"


FAULT = Withdraw

"""Somebody who is not the gateway tells that money has moved."""

from __future__ import annotations

from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY


class ForgedCallback(Scripted):
    """For each payment come callbacks that say SUCCESS and name another gateway, kind, reference,
    amount or currency, one of these each; one that says FAILED, and one in a word of no contract.

    Effect: whoever believes one of them has credited money that never moved, or pays twice.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before; callbacks under way still come.
    """

    kind: ClassVar[str] = "forged_callback"
    effect: ClassVar[str] = "forged_callback"
    role: ClassVar[str] = GATEWAY

    op: Literal["*", "create_payout", "create_debit"] = "*"


FAULT = ForgedCallback

"""A gateway never calls back."""

from __future__ import annotations

from typing import ClassVar, Literal

from chaos.faults._scripted import Scripted
from chaos.lending import GATEWAY


class CallbackLost(Scripted):
    """The stand-in does not deliver its callbacks.

    Effect: whoever waits for a callback waits for ever; inquiries are answered.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before; lost callbacks stay lost.
    """

    kind: ClassVar[str] = "callback_lost"
    effect: ClassVar[str] = "callback_lost"
    role: ClassVar[str] = GATEWAY

    op: Literal["callback"] = "callback"


FAULT = CallbackLost

"""A third party does what it was asked and never answers."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._scripted import Scripted


class ReplyLost(Scripted):
    """The stand-in applies the call, writes it to its ledger, and closes the connection without a
    reply.

    Effect: the outcome of the call is unknown to the caller; the money moved.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "reply_lost"
    effect: ClassVar[str] = "reply_lost"


FAULT = ReplyLost

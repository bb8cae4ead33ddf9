"""A third party says no, and means it."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._scripted import Scripted


class Decline(Scripted):
    """The stand-in refuses for a business reason: FAILED for money, `decline` for a score.

    Effect: a definite "no"; no money moves.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "decline"
    effect: ClassVar[str] = "decline"


FAULT = Decline

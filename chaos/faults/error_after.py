"""A third party does its work and answers with an error all the same."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults._scripted import Scripted


class ErrorAfter(Scripted):
    """The stand-in applies the call, writes it to its ledger, and answers 500.

    Effect: a caller that takes 500 for "not done" is wrong about the money.
    Blast radius: the stand-in.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "error_after"
    effect: ClassVar[str] = "error_after"


FAULT = ErrorAfter

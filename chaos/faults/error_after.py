"""A third party does its work and answers with an error all the same."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from chaos.faults._erring import Erring


class ErrorAfter(Erring):
    """The stand-in applies the call, writes it to its ledger, and answers with an HTTP error.

    Effect: a caller that takes the status for "not done" is wrong about the money. 503 is what a
        proxy says that gave up waiting.
    Blast radius: the stand-in.
    Args:
        status: 400..599.
        code: of the body, as a contract has it (`wrong_state`); none for the stand-in's own.
        retry_after: what `Retry-After` asks for, whole seconds, 0s..24h; none for no header.
        retry_after_as: `seconds` or an HTTP `date`.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "error_after"
    effect: ClassVar[str] = "error_after"

    status: int = Field(default=500, ge=400, le=599)


FAULT = ErrorAfter

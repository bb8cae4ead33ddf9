"""A third party answers with an error of its own."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from chaos.faults._erring import Erring


class HttpError(Erring):
    """The stand-in refuses calls with an HTTP status, before any effect.

    Effect: no money moves; a caller cannot know that, since a proxy sends the same after the
        effect (`error_after`).
    Blast radius: the stand-in.
    Args:
        status: 400..599.
        code: of the body, as a contract has it (`wrong_state`); none for the stand-in's own.
        retry_after: what `Retry-After` asks for, whole seconds, 0s..24h; none for no header.
        retry_after_as: `seconds` or an HTTP `date`.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "http_error"
    effect: ClassVar[str] = "error"

    status: int = Field(default=503, ge=400, le=599)


FAULT = HttpError

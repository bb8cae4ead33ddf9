"""A third party answers with an error of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from chaos.faults._scripted import Scripted


class HttpError(Scripted):
    """The stand-in refuses calls with an HTTP status, before any effect.

    Effect: 503 and 429 say that the call was not taken; after any other 5xx nobody knows.
    Blast radius: the stand-in.
    Args:
        status: 400..599.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "http_error"
    effect: ClassVar[str] = "error"

    status: int = Field(default=503, ge=400, le=599)

    @property
    def args(self) -> Mapping[str, Any]:
        """The status."""
        return {"status": self.status}


FAULT = HttpError

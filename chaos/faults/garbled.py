"""A third party does its work, and what comes back is not what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted


class Garbled(Scripted):
    """The stand-in applies the call, and the body of the reply is not that of the contract.

    Effect: the outcome of the call is unknown to the caller, whatever the status says.
    Blast radius: the stand-in.
    Args:
        form: `html` (a page of a proxy), `truncated`, `empty`, `list` (JSON, in a list), or
            `words` (the object, with words that nobody knows).
        status: 200..599.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "garbled"
    effect: ClassVar[str] = "garbled"

    form: Literal["html", "truncated", "empty", "list", "words"] = "html"
    status: int = Field(default=200, ge=200, le=599)

    @property
    def args(self) -> Mapping[str, object]:
        """Form and status."""
        return {"form": self.form, "status": self.status}


FAULT = Garbled

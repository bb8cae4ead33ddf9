"""A proxy answers in place of a third party."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted


class Intercepted(Scripted):
    """The stand-in does nothing, and the answer is a page, or nothing, with any status.

    Effect: a caller that goes by the status alone takes for done what was never done.
    Blast radius: the stand-in.
    Args:
        form: `html` or `empty`.
        status: 200..599.
    Heals by: putting the behaviour back that was set before.
    """

    kind: ClassVar[str] = "intercepted"
    effect: ClassVar[str] = "intercepted"

    form: Literal["html", "empty"] = "html"
    status: int = Field(default=200, ge=200, le=599)

    @property
    def args(self) -> Mapping[str, object]:
        """Form and status."""
        return {"form": self.form, "status": self.status}


FAULT = Intercepted

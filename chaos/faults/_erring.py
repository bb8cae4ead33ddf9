"""What faults by which a stand-in answers with an HTTP error have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from chaos.faults._scripted import Scripted
from harness.units import Duration


class Erring(Scripted):
    """A stand-in that answers with an HTTP error.

    Args:
        status: of HTTP.
        code: of the body; none for the stand-in's own.
        retry_after: what `Retry-After` asks for; none for no header.
        retry_after_as: `seconds` or an HTTP `date`.
    """

    status: int
    code: str | None = Field(default=None, min_length=1)
    retry_after: Duration | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"

    def model_post_init(self, _: object) -> None:
        """Refuse what the header cannot say."""
        wait_s = self.retry_after
        if wait_s is not None and not (wait_s.is_integer() and 0 <= wait_s <= 86_400):
            raise ValueError(f"retry_after={wait_s:g}s; allowed: whole seconds, 0s..24h")

    @property
    def args(self) -> Mapping[str, object]:
        """Status, code and header."""
        told: dict[str, object] = {"status": self.status, "code": self.code}
        if self.retry_after is not None:
            told |= {"retry_after_s": int(self.retry_after), "retry_after_as": self.retry_after_as}
        return {name: value for name, value in told.items() if value is not None}

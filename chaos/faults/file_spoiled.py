"""The file of a period is not what the books of its sender hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from chaos.faults._scripted import Scripted


class FileSpoiled(Scripted):
    """The stand-in leaves out, doubles or changes lines of the files that it gives.

    Effect: who believes the file corrects books that are right; who does not look sees nothing.
    Blast radius: the stand-in; its ledger stays true.
    Args:
        form: missing | doubled | amount (one minor unit too large).
        every: every so many-th line of a file, the first included.
        totals: kept (of the true file: it can be seen to be broken) | fitting.
    Heals by: putting the behaviour back that was set before; the same file is true again.
    """

    kind: ClassVar[str] = "file_spoiled"
    effect: ClassVar[str] = "file_spoiled"

    op: Literal["file"] = "file"
    form: Literal["missing", "doubled", "amount"] = "amount"
    every: int = Field(default=3, ge=1, le=1_000)
    totals: Literal["kept", "fitting"] = "fitting"

    @property
    def args(self) -> Mapping[str, object]:
        """As they are."""
        return {"form": self.form, "every": self.every, "totals": self.totals}


FAULT = FileSpoiled

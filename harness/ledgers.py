"""Ledgers of stand-ins, copied into the history, and whether each is whole.

Beside its ledger a stand-in may say which calls it answered, and how: who calls how often, and
hears what. That is evidence of callers, no part of what was done.

A ledger says when each of its lives began (`epochs_s`), where it can. One whose first life began
after the load did has lost what was before; so has one that lacks what was read of it earlier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from harness.clock import NS
from harness.history import HistoryWriter
from harness.json_types import JsonDict
from harness.ports import Runtime
from harness.target import Request, Target

LEDGER = Request("GET", "/_ledger")


class Ledgers:
    """The ledgers of a run.

    Args:
        say: progress for a person.
    """

    def __init__(
        self, runtime: Runtime, target: Target, writer: HistoryWriter, say: Callable[[str], None]
    ) -> None:
        """Nothing was read yet."""
        self._runtime = runtime
        self._names = [service.name for service in target.services if service.scripted]
        self._writer = writer
        self._say = say
        self._seen: dict[str, list[object]] = {}

    async def look(self) -> None:
        """Remember what is in them now; what is there later must begin with it."""
        for name in self._names:
            if (document := await self._read(name)) is not None:
                self._seen[name] = document["entries"]

    async def collect(self) -> None:
        """Copy them into the history; one that cannot be read is missing there."""
        for name in self._names:
            document = await self._read(name)
            if document is None:
                self._say(f"no ledger from {name}")
                continue
            for entry in document["entries"]:
                self._entry(name, entry, "ledger")
            for call in document.get("calls", ()):
                self._entry(name, call, "calls")
            self._write(name, document)

    async def _read(self, name: str) -> JsonDict | None:
        answer = await self._runtime.ask(name, LEDGER)
        return dict(answer.body) if answer.status == 200 else None

    def _entry(self, name: str, entry: JsonDict, src: Literal["ledger", "calls"]) -> None:
        self._writer.append(
            t=round((entry["t_s"] - self._runtime.service_offset_s) * NS),
            p=name,
            type="ok",
            f=entry["f"],
            k=entry["k"],
            v=entry,
            src=src,
        )

    def _write(self, name: str, document: JsonDict) -> None:
        offset_s = self._runtime.service_offset_s
        epochs_s = [round(t_s - offset_s, 6) for t_s in document.get("epochs_s", ())]
        summary = {"entries": len(document["entries"]), "epochs_s": epochs_s}
        if broken := self._broken(name, document["entries"], epochs_s):
            summary["broken"] = broken
            self._say(f"ledger of {name}: {broken}")
        now = int(self._runtime.clock.now_s() * NS)
        self._writer.append(t=now, p=name, type="info", f="ledger", v=summary, src="clock")

    def _broken(self, name: str, entries: list[Any], epochs_s: list[float]) -> str:
        """Why it does not hold everything since the beginning; "" when it does."""
        seen = self._seen.get(name, [])
        if entries[: len(seen)] != seen:
            return f"lacks entries that were in it before: {len(seen)} then, {len(entries)} now"
        if epochs_s and epochs_s[0] > 0:
            return f"began anew at {epochs_s[0]:.2f} s"
        numbers = [entry["i"] for entry in entries if "i" in entry]
        return "" if numbers == list(range(len(numbers))) else "has entries missing in the middle"

"""Keeps each change of a declared mode: the audit trail of the status page.

modes ──change──> noted ──in order, one record each──> records        numbered without a gap
                    └─ records away: it waits, and is written once they are back

Whoever begins writes down that it did, on from what was known last: so a life that ended without a
word leaves no gap. Nothing that was written is ever written over.
"""

from __future__ import annotations

import asyncio

import msgspec

from lending_service.domain import Record
from lending_service.modes import ModeEvent, Modes
from lending_service.ports import Clock
from lending_service.stores.port import Store, StoreUnavailable
from lending_service.worker import Report, Spawn

HEAD = "modes"
BEGUN = "started"
TOLD_MAX = 100  # the latest ones; chosen, not measured
AGAIN_S = 0.5  # chosen: what could not be written is written again so soon


class ModeChange(Record, frozen=True, kw_only=True):
    """One change; its number is its id. Mode and reason are as on the status page; `old` is None
    for the first of an operation, and the reason of a beginning is `started`."""

    operation: str
    old: str | None
    new: str
    reason: str
    at_s: float


class Head(Record, frozen=True, kw_only=True):
    """Number and time of the last change, and the mode of each operation since then."""

    last: int = 0
    at_s: float = 0.0
    modes: dict[str, str] = msgspec.field(default_factory=dict)

    def next(self, event: ModeEvent) -> tuple[Head, ModeChange]:
        """After one more change, which is not before the one before it."""
        number, at_s = self.last + 1, max(self.at_s, event.at_s)
        change = ModeChange(
            id=str(number), operation=event.operation, old=self.modes.get(event.operation),
            new=event.mode, reason=event.reason, at_s=at_s,
        )  # fmt: skip
        modes = {**self.modes, event.operation: event.mode}
        return Head(id=HEAD, last=number, at_s=at_s, modes=modes), change


class ModeTrail:
    """Listens to modes for as long as the service works.

    Args:
        store: where the changes are kept; they last as long as it does.
        report: told (what, text) when one could not be written.
    """

    def __init__(self, modes: Modes, store: Store, clock: Clock, report: Report) -> None:
        self._modes, self._store, self._clock, self._report = modes, store, clock, report
        self._noted: list[ModeEvent] = []
        self._more = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def start(self, spawn: Spawn) -> None:
        """Go on where an earlier life stopped."""
        self._noted += [ModeEvent(since_s, operation, mode, BEGUN)
                        for operation, (mode, _, since_s) in self._modes.now().items()]  # fmt: skip
        self._modes.changed = self._note
        self._writing = spawn(self._write_on())

    async def stop(self) -> None:
        """Write no more; what is noted by then is written by the next life of this process."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def told(self) -> list[ModeChange]:
        """The latest changes, in order."""
        head = await self._store.read(Head, HEAD)
        last = head.last if head else 0
        numbers = range(max(1, last - TOLD_MAX + 1), last + 1)
        found = [await self._store.read(ModeChange, str(number)) for number in numbers]
        return [one for one in found if one is not None]

    def _note(self, event: ModeEvent) -> None:
        self._noted.append(event)
        self._more.set()

    async def _write_on(self) -> None:
        head: Head | None = None
        while True:
            try:
                head = head or await self._store.read(Head, HEAD) or Head(id=HEAD)
                head = await self._written(head)
            except StoreUnavailable as error:
                self._report("modes", f"{len(self._noted)} changes not written yet: {error}")
                await self._clock.sleep(AGAIN_S)
            else:
                await self._more.wait()

    async def _written(self, head: Head) -> Head:
        """Write what is noted. One that is there already is ours: a commit of which nobody knew."""
        self._more.clear()
        noted, changes = tuple(self._noted), []
        for event in noted:
            head, change = head.next(event)
            changes.append(change)
        async with self._store.transaction() as tx:
            for change in changes:
                await tx.add(change)
            await tx.put(head)
        del self._noted[: len(noted)]
        return head

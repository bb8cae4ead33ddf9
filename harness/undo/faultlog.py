"""The write-ahead record of every fault, and the only way to inject one.

    prepared ──fsync──> inject ──> injected ──> undo, read back ──> healed (proven) or unproven
        └──────────> cancelled: nothing was injected

A record is one JSON line; whoever reads the file (the run, a watchdog, `harness faults`) knows
what may still be active and how to undo it. Nothing that is noted after the harm may raise: undo
first, note where that is possible (`journal.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.acts import acts_of, do
from harness.clock import monotonic_ns, utc_stamp
from harness.errors import HealFailed, PlaceTaken, RuntimeFailure
from harness.json_types import JsonObject
from harness.ports import Capability, Control, Fault, UndoRecord
from harness.undo.journal import Journal

UNDO_S = 12.0  # chosen: one escalation of a hanging Toxiproxy takes up to 10 s
UNDO_TRIES = 3  # chosen, not measured
STATES = ("prepared", "injected", "healed", "unproven", "cancelled")
TTL_MARGIN_S = 5.0  # chosen: a fault may outlive its planned end by so much before others heal it


@dataclass(frozen=True)
class Entry:
    """What the log knows of one fault.

    Args:
        id: unique in the run.
        state: prepared, injected, unproven, healed or cancelled.
        expires_ns: monotonic clock; after it, anybody may heal it.
        by: who healed it: run, watchdog or clear.
    """

    id: str
    kind: str
    where: str
    state: str
    at_utc: str
    expires_ns: int
    undo: UndoRecord
    by: str = ""
    why: str = ""

    @property
    def active(self) -> bool:
        """Whether its harm may still be there."""
        return self.state not in ("healed", "cancelled")


class FaultLog:
    """The faults of one run.

    Args:
        path: the file; made when it is not there.
        by: who writes: run, watchdog or clear.
    """

    def __init__(self, path: Path, by: str = "run") -> None:
        """Remember the file; nothing is written yet."""
        self.path, self.by = path, by
        self._begun: set[str] = set()
        self._journal = Journal(path)
        self.problems: list[str] = []

    def begin(self) -> None:
        """Make the file: one that is missing afterwards was taken away."""
        self.path.touch(mode=0o600)

    async def prepare(self, fault: Fault, control: Control, ttl_s: float) -> Entry:
        """Write the undo record and fsync; nothing is done yet.

        Args:
            ttl_s: seconds after which others may heal it.

        Raises:
            RuntimeFailure: the record cannot be written.
        """
        healthy = await control.healthy(fault.where)
        id_ = f"f{len(list(self.entries())) + 1}"
        undo = UndoRecord(fault.capability, fault.where, healthy, await acts_of(fault, id_))
        entry = Entry(
            id=id_,
            kind=fault.kind,
            where=fault.where,
            state="prepared",
            at_utc=utc_stamp(),
            expires_ns=monotonic_ns() + int((ttl_s + TTL_MARGIN_S) * 1e9),
            undo=undo,
        )
        try:
            self._journal.append({**_plain(entry), "undo": undo.as_data()})
        except OSError as error:
            raise RuntimeFailure(
                f"{fault.kind} at {fault.where}: not injected, since what undoes it cannot be "
                f"written to {self.path}: {error.strerror}; make space, then run again"
            ) from None
        return entry

    async def apply(
        self, entry: Entry, control: Control, done: Callable[[], None] = lambda: None
    ) -> Entry:
        """Do the harm that was prepared.

        Args:
            done: called at the instant at which all of it is done.

        Raises:
            RuntimeFailure: the injection failed; whatever it did was undone.
            HealFailed: it failed and could not be undone.
        """
        self._begun.add(entry.id)
        try:
            for act in entry.undo.acts:
                await do(act, control)
        except Exception as error:
            await self.heal(entry, control)
            raise RuntimeFailure(f"{entry.kind} at {entry.where}: {error}") from error
        done()
        return self._note(entry, "injected")

    async def inject(self, fault: Fault, control: Control, ttl_s: float) -> Entry:
        """Prepare and apply at once."""
        return await self.apply(await self.prepare(fault, control, ttl_s), control)

    async def heal(
        self, entry: Entry, control: Control, done: Callable[[], None] = lambda: None
    ) -> Entry:
        """Undo and read back; again if need be. Other faults at the place stay as they are.

        Args:
            done: called at the instant at which it is proven.

        Raises:
            HealFailed: not proven after UNDO_TRIES, or whom it takes is not ours any more; says
                what may be active.
        """
        why = ""
        for _ in range(UNDO_TRIES):
            others = self._others(entry)
            try:
                async with asyncio.timeout(UNDO_S):
                    await control.undo(entry.undo, others)
                    if await control.undone(entry.undo, others):
                        done()
                        return self._note(entry, "healed", by=self.by)
                why = "it does not read back healthy"
            except PlaceTaken as error:
                why = str(error)
                break
            except Exception as error:  # also of a record that somebody changed: try, then tell
                why = f"{type(error).__name__}: {error}"
        self._note(entry, "unproven", why=why)
        raise HealFailed(f"{entry.kind} at {entry.where} may still be active: {why}")

    def _others(self, entry: Entry) -> list[UndoRecord]:
        """Records of other faults that hold at the same place; not of those that are to come."""
        holding = [
            other
            for other in self.active()
            if other.state in ("injected", "unproven") or other.id in self._begun
        ]
        same = (other for other in holding if other.where == entry.where and other.id != entry.id)
        return [other.undo for other in same]

    def cancel(self, entry: Entry) -> Entry:
        """Note that a prepared fault was never injected."""
        return self._note(entry, "cancelled", by=self.by, why="never injected")

    def close(self, entry: Entry, why: str) -> Entry:
        """Note that the fault is gone because what carried it is gone: its process has ended."""
        return self._note(entry, "healed", by=self.by, why=why)

    def entries(self) -> Iterator[Entry]:
        """Every fault with its latest state, by id; lines that are none are in `problems`."""
        latest: dict[str, Entry] = {}
        strange: list[str] = []
        for line in self._journal.records():
            try:
                entry = _next(latest, line)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                strange.append(f"{self.path}: no record of a fault, skipped: {error!r}")
            else:
                latest[entry.id] = entry
        self.problems = [*self._journal.problems, *strange]
        yield from latest.values()

    def active(self) -> list[Entry]:
        """Faults whose harm may still be there."""
        return [entry for entry in self.entries() if entry.active]

    def _note(self, entry: Entry, state: str, *, by: str = "", why: str = "") -> Entry:
        changes = {"state": state, "by": by, "why": why}
        self._journal.note({"id": entry.id, "at_utc": utc_stamp(), **changes})
        return replace(entry, state=state, by=by, why=why)


def _plain(entry: Entry) -> dict[str, object]:
    return {
        name: getattr(entry, name)
        for name in ("id", "kind", "where", "state", "at_utc", "expires_ns")
    }


def _next(latest: Mapping[str, Entry], line: JsonObject) -> Entry:
    """The fault that a line tells of, as it stands after it.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the line is not as we write it.
    """
    if line["state"] not in STATES:
        raise ValueError(f"state {line['state']!r}, need {', '.join(STATES)}")
    if "undo" in line:
        return _entry(line)
    by, why = str(line.get("by", "")), str(line.get("why", ""))
    return replace(latest[line["id"]], state=line["state"], by=by, why=why)


def _entry(line: JsonObject) -> Entry:
    undo = line["undo"]
    acts = [tuple(act) for act in undo.get("acts", ())]
    restore = dict(undo["restore"])
    record = UndoRecord(Capability(undo["capability"]), str(undo["where"]), restore, tuple(acts))
    texts = {key: str(line[key]) for key in ("id", "kind", "where", "at_utc", "state")}
    return Entry(**texts, expires_ns=int(line["expires_ns"]), undo=record)

"""The write-ahead record of every fault, and the only way to inject one.

    prepared ──fsync──> inject ──> injected ──> undo, read back, canary ──> healed (proven) or
    unproven

A record is one JSON line; whoever reads the file (the run, a watchdog, `harness faults`) knows
what may still be active and how to undo it.
Appends are atomic under a file lock, so several processes may write; a torn last line is ignored.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.clock import monotonic_ns, utc_stamp
from harness.errors import HarnessError, HealFailed, RuntimeFailure
from harness.ports import Capability, Control, Fault, UndoRecord

UNDO_S = 12.0  # chosen: one escalation of a hanging Toxiproxy takes up to 10 s
UNDO_TRIES = 3  # chosen, not measured
TTL_MARGIN_S = 5.0  # chosen: a fault may outlive its planned end by so much before others heal it


@dataclass(frozen=True)
class Entry:
    """What the log knows of one fault.

    Args:
        id: unique in the run.
        state: prepared, injected, healed or unproven.
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
        return self.state != "healed"


class FaultLog:
    """The faults of one run.

    Args:
        path: the file; made when it is not there.
        by: who writes: run, watchdog or clear.
    """

    def __init__(self, path: Path, by: str = "run") -> None:
        """Remember the file; nothing is written yet."""
        self.path, self.by = path, by

    def begin(self) -> None:
        """Make the file: one that is missing afterwards was taken away."""
        self.path.touch(mode=0o600)

    async def inject(self, fault: Fault, control: Control, ttl_s: float) -> Entry:
        """Write the undo record, fsync, then do the harm.

        Args:
            ttl_s: seconds after which others may heal it.

        Raises:
            RuntimeFailure: the injection failed; whatever it did was undone.
            HealFailed: it failed and could not be undone.
        """
        undo = UndoRecord(fault.capability, fault.where, await control.snapshot(fault.where))
        entry = Entry(
            id=f"f{len(list(self.entries())) + 1}",
            kind=fault.kind,
            where=fault.where,
            state="prepared",
            at_utc=utc_stamp(),
            expires_ns=monotonic_ns() + int((ttl_s + TTL_MARGIN_S) * 1e9),
            undo=undo,
        )
        self._write({**_plain(entry), "undo": undo.as_data()})
        try:
            await fault.inject(control)
        except Exception as error:
            await self.heal(entry, control)
            raise RuntimeFailure(f"{fault.kind} at {fault.where}: {error}") from error
        return self._note(entry, "injected")

    async def heal(self, entry: Entry, control: Control) -> Entry:
        """Undo, read back, canary; again if need be.

        Raises:
            HealFailed: not proven after UNDO_TRIES; says what may be active.
        """
        why = ""
        for _ in range(UNDO_TRIES):
            try:
                async with asyncio.timeout(UNDO_S):
                    await control.undo(entry.undo)
                    if await control.undone(entry.undo):
                        return self._note(entry, "healed", by=self.by)
                why = "read back: not as before, or no canary passes"
            except (HarnessError, OSError, TimeoutError) as error:
                why = f"{type(error).__name__}: {error}"
        self._note(entry, "unproven", why=why)
        raise HealFailed(f"{entry.kind} at {entry.where} may still be active: {why}")

    def close(self, entry: Entry, why: str) -> Entry:
        """Note that the fault is gone because what carried it is gone: its process has ended."""
        return self._note(entry, "healed", by=self.by, why=why)

    def entries(self) -> Iterator[Entry]:
        """Every fault with its latest state, by id."""
        latest: dict[str, Entry] = {}
        for line in self._lines():
            known = latest.get(line["id"])
            if known:
                changes = {key: line[key] for key in ("state", "by", "why") if key in line}
                latest[line["id"]] = replace(known, **changes)
            elif "undo" in line:
                latest[line["id"]] = _entry(line)
        yield from latest.values()

    def active(self) -> list[Entry]:
        """Faults whose harm may still be there."""
        return [entry for entry in self.entries() if entry.active]

    def _note(self, entry: Entry, state: str, *, by: str = "", why: str = "") -> Entry:
        changes = {"state": state, "by": by, "why": why}
        self._write({"id": entry.id, "at_utc": utc_stamp(), **changes})
        return replace(entry, state=state, by=by, why=why)

    def _write(self, line: Mapping[str, Any]) -> None:
        data = (json.dumps(line) + "\n").encode()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                data = b"\n" + data  # a torn line stays alone
            os.write(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_bytes().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # torn: its writer died; a record counts only when it is whole


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        name: getattr(entry, name)
        for name in ("id", "kind", "where", "state", "at_utc", "expires_ns")
    }


def _entry(line: Mapping[str, Any]) -> Entry:
    undo = line["undo"]
    record = UndoRecord(Capability(undo["capability"]), undo["where"], undo["restore"])
    return Entry(
        **{
            **{k: line[k] for k in ("id", "kind", "where", "at_utc", "expires_ns")},
            "state": line["state"],
            "undo": record,
        }
    )

"""The store in memory: for tests and for the simulation. Deterministic; one writer at a time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec.structs import replace

from lending_service.domain import Movement, Record, Task

R = TypeVar("R", bound=Record)
M = TypeVar("M", bound=Movement)
Place = tuple[type[Record], str]
NOTHING: Mapping[Place, Record] = MappingProxyType({})


class Records(dict[Place, "Record | None"]):
    """What was written since `first`, over `first`: to copy 800 records costs more than a world
    reads of them. What is not there is None."""

    def __init__(self, first: Mapping[Place, Record]) -> None:
        self._first = first

    def __missing__(self, place: Place) -> Record | None:
        """What was there at first."""
        return self._first.get(place)


class MemoryTx:
    """Writes go to a buffer that the commit applies; records are frozen, so none is copied."""

    __slots__ = ("_records", "tasks", "written")

    def __init__(self, records: Records) -> None:
        self._records = records
        self.written: dict[Place, Record] = {}
        self.tasks: list[tuple[str, str, float]] = []

    async def get(self, kind: type[R], id_: str, *, lock: bool = False) -> R | None:
        """The record as this transaction sees it; the one writer needs no lock."""
        place = (kind, id_)
        found: Any = self.written.get(place) or self._records[place]
        return found  # type: ignore[no-any-return]  # a place holds records of its kind alone

    async def put(self, record: Record) -> None:
        """Write over what is there."""
        self.written[(type(record), record.id)] = record

    async def add(self, record: Record) -> bool:
        """Write if the id is free."""
        place = (type(record), record.id)
        if place in self.written or self._records[place] is not None:
            return False
        self.written[place] = record
        return True

    async def enqueue(self, kind: str, key: str, due_s: float) -> None:
        """Add a task at the commit."""
        self.tasks.append((kind, key, due_s))


class MemoryTransaction:
    """A transaction as a block of code; a class, because a generator a block costs more than the
    block does."""

    __slots__ = ("_store", "_tx")

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def __aenter__(self) -> MemoryTx:
        """Become the one writer."""
        await self._store.lock.acquire()
        self._tx = self._store.begin()
        return self._tx

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End."""
        self._store.end(self._tx, well=kind is None)


class MemoryStore:
    """Records and outbox in dictionaries. Outlives the service that uses it, as a disk would.

    Args:
        records: what it holds to begin with; must not change.
    """

    def __init__(self, records: Mapping[Place, Record] = NOTHING) -> None:
        self.outcomes = {"ok": 0, "error": 0, "unknown": 0}
        self._records = Records(records)
        self.lock = asyncio.Lock()
        self._wake: Callable[[str], None] = _nobody
        self._task_id = 0
        self._tasks: dict[int, Task] = {}
        # id -> from when it may be claimed: its due time, or the end of its lease.
        self._ready_s: dict[int, float] = {}
        # A heap entry that differs from `_ready_s` is out of date and skipped.
        self._heaps: dict[str, list[tuple[float, int]]] = {}

    def listen(self, wake: Callable[[str], None]) -> None:
        """Remember whom to wake."""
        self._wake = wake

    def transaction(self) -> AbstractAsyncContextManager[MemoryTx]:
        """One at a time; what it wrote is applied when the block ends well."""
        return MemoryTransaction(self)

    async def read(self, kind: type[R], id_: str) -> R | None:
        """The committed record."""
        found: Any = self._records[kind, id_]
        return found  # type: ignore[no-any-return]  # a place holds records of its kind alone

    async def settled(self, kind: type[M], from_s: float, to_s: float) -> list[M]:
        """A walk through all that was written."""
        found = (one for one in self._records.values() if isinstance(one, kind))
        return [
            one for one in found if one.settled_s is not None and from_s <= one.settled_s < to_s
        ]

    async def load(self, records: Sequence[Record]) -> None:
        """Write those whose ids are free."""
        places = {(type(record), record.id): record for record in records}
        self._write({at: record for at, record in places.items() if self._records[at] is None})

    async def claim(self, kind: str, now_s: float, limit: int, lease_s: float) -> list[Task]:
        """Due tasks, earliest first, leased until `now_s + lease_s`."""
        claimed: list[Task] = []
        while len(claimed) < limit:
            due_s = self._next_due_s(kind)
            if due_s is None or due_s > now_s:
                break
            _, task_id = heapq.heappop(self._heaps[kind])
            task = replace(self._tasks[task_id], attempts=self._tasks[task_id].attempts + 1)
            self._schedule(task, now_s + lease_s)
            claimed.append(task)
        return claimed

    async def finish(self, *tasks: Task) -> None:
        """Forget the tasks."""
        for task in tasks:
            self._forget(task.id)

    async def reschedule(self, due_s: float, *tasks: Task) -> None:
        """End the leases; due again at `due_s`."""
        for task in tasks:
            self._schedule(replace(task, due_s=due_s), due_s)

    async def next_due_s(self, kind: str) -> float | None:
        """When the next task may be claimed."""
        return self._next_due_s(kind)

    def _next_due_s(self, kind: str) -> float | None:
        """The top of the heap once out-of-date entries are gone."""
        heap = self._heaps.get(kind, [])
        while heap and self._ready_s.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    async def release_leases(self, kind: str = "", but: Sequence[int] = ()) -> None:
        """These tasks are ready at their own due time again."""
        for task in list(self._tasks.values()):
            if kind in ("", task.kind) and task.id not in but:
                self._schedule(task, task.due_s)

    async def counts(self) -> dict[str, int]:
        """Tasks by kind."""
        found: dict[str, int] = {}
        for task in self._tasks.values():
            found[task.kind] = found.get(task.kind, 0) + 1
        return found

    async def ping(self) -> None:
        """Memory is always there."""

    def begin(self) -> MemoryTx:
        """What the one writer, who holds the lock, writes into."""
        return MemoryTx(self._records)

    def end(self, tx: MemoryTx, *, well: bool) -> None:
        """Apply what was written if the block ended well, and let the next one write."""
        if well:
            self._write(tx.written)
            for kind, key, due_s in tx.tasks:
                self._task_id += 1
                self._schedule(Task(id=self._task_id, kind=kind, key=key, due_s=due_s), due_s)
            self.outcomes["ok"] += 1
        self.lock.release()
        if well:
            for kind, _, _ in tx.tasks:
                self._wake(kind)

    def _write(self, written: Mapping[Place, Record]) -> None:
        self._records.update(written)

    def _forget(self, task_id: int) -> None:
        self._tasks.pop(task_id, None)
        self._ready_s.pop(task_id, None)

    def _schedule(self, task: Task, ready_s: float) -> None:
        self._tasks[task.id] = task
        self._ready_s[task.id] = ready_s
        heapq.heappush(self._heaps.setdefault(task.kind, []), (ready_s, task.id))


def _nobody(kind: str) -> None:
    """Nobody listens yet."""

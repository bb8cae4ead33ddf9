"""The store in memory as a primary with a standby that may lag behind; its tail can be lost.

    commit ──> primary, at once ──lag──> standby
                  │                         └─ promote(): it is the primary now
                  └─ what had not arrived is lost: acknowledged all the same, unless commits wait

Instead of a second copy the store remembers, for as long as the lag, how to take each change back.
In step (no lag) it remembers nothing and costs next to nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from lending_service.domain import Record, Task
from lending_service.ports import Clock
from lending_service.simulated.remote_store import WAIT_S, RemoteStore, Way
from lending_service.stores.memory import (
    NOTHING,
    MemoryStore,
    MemoryTransaction,
    MemoryTx,
    Place,
)
from lending_service.stores.port import CommitUnknown

R = TypeVar("R", bound=Record)
Slot = tuple[Task, float] | None  # a task and from when it may be claimed
LOOK_S = 0.01  # chosen: how often a commit that waits looks whether the standby has it
VIEWING: ContextVar[bool] = ContextVar("viewing", default=False)
"""Whether what runs here only looks, on behalf of somebody who asked."""


@dataclass
class Change:
    """What a change replaced: None where there was nothing."""

    t_s: float
    number: int
    records: dict[Place, Record | None] = field(default_factory=dict)
    tasks: dict[int, Slot] = field(default_factory=dict)


class PairTransaction(MemoryTransaction):
    """A transaction on a primary with a standby."""

    __slots__ = ("_pair",)

    def __init__(self, pair: ReplicatedStore) -> None:
        super().__init__(pair)
        self._pair = pair

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End, and know that it is safe."""
        self._store.end(self._tx, well=kind is None)
        if kind is None and self._pair.waits:
            await self._pair.on_both(self._tx)


class ReplicatedStore(MemoryStore):
    """A primary and a standby.

    Synchronous: a transaction and a claim end once the standby has what was written, and nobody
    reads it before. Write-offs of tasks do not wait: one that is lost is work done again.

    Args:
        lag_s: how far the standby is behind.
        records: what both hold to begin with.
    """

    def __init__(
        self, clock: Clock, lag_s: float, records: Mapping[Place, Record] = NOTHING
    ) -> None:
        super().__init__(records)
        self.synchronous = False
        self.timeline = 1
        self.split = False
        self.delayed = 0
        self.lost = 0
        self._lag_s = lag_s
        self._clock = clock
        self._behind: deque[Change] = deque()
        self._stir: Callable[[str], None] = _nobody
        self._seen = self.outcomes

    @property
    def lag_s(self) -> float:
        """How far the standby is behind.

        It may be changed at any time, and then holds for changes that have not arrived yet.
        """
        return self._lag_s

    @lag_s.setter
    def lag_s(self, lag_s: float) -> None:
        self._arrive()
        self._lag_s = lag_s
        self._arrive()

    @property
    def waits(self) -> bool:
        """Whether a commit has to wait for the standby."""
        return self.synchronous and self._lag_s > 0.0

    def heed(self, stir: Callable[[str], None], outcomes: dict[str, int]) -> None:
        """Tell a caller what only the database knows.

        Args:
            stir: called with a kind of which tasks may be there that no commit has told of.
            outcomes: the caller's; a commit that the standby did not get counts as unknown.
        """
        self._stir, self._seen = stir, outcomes

    def part(self) -> None:
        """The standby takes over, and whoever writes here does not know: two primaries."""
        self.lag_s, self.split = math.inf, True

    def promote(self) -> int:
        """The primary is gone and the standby takes over.

        Returns:
            how many changes were lost.
        """
        self._arrive()
        lost = len(self._behind)
        while self._behind:
            self._take_back(self._behind.pop())
        self.timeline, self.split, self.lost = self.timeline + 1, False, self.lost + lost
        self._stir_all(task.kind for task in self._tasks.values())
        return lost

    def read(self, kind: type[R], id_: str) -> Coroutine[Any, Any, R | None]:
        """The record as the primary has it; where commits wait for the standby, as that has it:
        nothing is read that may yet be lost."""
        if self.waits:
            return self.read_standby(kind, id_)
        return super().read(kind, id_)

    async def read_standby(self, kind: type[R], id_: str) -> R | None:
        """The record as the standby has it."""
        self._arrive()
        for change in self._behind:
            if (kind, id_) in change.records:
                return cast("R | None", change.records[(kind, id_)])
        return await super().read(kind, id_)

    def transaction(self) -> AbstractAsyncContextManager[MemoryTx]:
        """One at a time; synchronous, it ends once the standby has it.

        Raises:
            CommitUnknown: the standby did not get it in time, or the primary was lost meanwhile.
        """
        return PairTransaction(self)

    def claim(
        self, kind: str, now_s: float, limit: int, lease_s: float
    ) -> Coroutine[object, object, list[Task]]:
        """Due tasks; synchronous, none that the standby has not got.

        Raises:
            CommitUnknown: as `transaction`.
        """
        claimed = super().claim(kind, now_s, limit, lease_s)
        return self._claim_on_both(claimed) if self.waits else claimed

    async def on_both(self, tx: MemoryTx) -> None:
        """Until the standby has what the transaction wrote and read.

        Raises:
            CommitUnknown: as `transaction`.
        """
        try:
            await self._arrived()
        except CommitUnknown:
            self._seen["unknown"] += 1
            self._stir_all(kind for kind, _, _ in tx.tasks)
            raise

    async def _claim_on_both(self, claimed: Coroutine[object, object, list[Task]]) -> list[Task]:
        tasks = await claimed
        await self._arrived()
        return tasks

    async def _arrived(self) -> None:
        """Until the standby has all that is written now."""
        timeline, number = self.timeline, self.delayed
        deadline_s = self._clock.now_s() + WAIT_S
        while self._behind and self._behind[0].number <= number:
            if self._clock.now_s() >= deadline_s:
                raise CommitUnknown(f"commit: the standby has not got it after {WAIT_S:g} s")
            await self._clock.sleep(LOOK_S)
            if self.timeline != timeline:
                raise CommitUnknown("commit: the primary was lost before the standby had it")
            self._arrive()

    def _write(self, written: Mapping[Place, Record]) -> None:
        if written and self._lag_s:
            records = {place: self._records[place] for place in written}
            self._change().records.update(records)
        super()._write(written)

    def _schedule(self, task: Task, ready_s: float) -> None:
        if self._lag_s:
            self._change().tasks[task.id] = self._slot(task.id)
        super()._schedule(task, ready_s)

    def _forget(self, task_id: int) -> None:
        if self._lag_s:
            self._change().tasks[task_id] = self._slot(task_id)
        super()._forget(task_id)

    def _change(self) -> Change:
        self._arrive()
        self.delayed += 1
        change = Change(self._clock.now_s(), self.delayed)
        self._behind.append(change)
        return change

    def _arrive(self) -> None:
        """Forget how to take back what the standby has."""
        horizon_s = self._clock.now_s() - self._lag_s
        while self._behind and self._behind[0].t_s <= horizon_s:
            self._behind.popleft()

    def _slot(self, task_id: int) -> Slot:
        task = self._tasks.get(task_id)
        return None if task is None else (task, self._ready_s[task_id])

    def _take_back(self, change: Change) -> None:
        for place, record in change.records.items():
            if record is None:
                self._records.pop(place, None)
            else:
                self._records[place] = record
        for task_id, slot in change.tasks.items():
            super()._forget(task_id)
            if slot is not None:
                super()._schedule(*slot)

    def _stir_all(self, kinds: Iterable[str]) -> None:
        for kind in dict.fromkeys(kinds):
            self._stir(kind)


class RemotePair(RemoteStore):
    """A primary and its standby over a way, which leads to whichever is the primary."""

    def __init__(self, pair: ReplicatedStore, way: Way) -> None:
        super().__init__(pair, way)
        self._pair = pair

    def listen(self, wake: Callable[[str], None]) -> None:
        """Remember whom to wake, also after a failover."""
        super().listen(wake)
        self._pair.heed(wake, self.outcomes)


class SplitReads(RemotePair):
    """A pair whose standby answers whoever only looks.

    Source: the database selector of Ruby on Rails leads GET requests to a replica.
    """

    async def read(self, kind: type[R], id_: str) -> R | None:
        """One read: of the standby while `VIEWING`, else of the primary."""
        if VIEWING.get():
            return await self._command(lambda: self._pair.read_standby(kind, id_))
        return await super().read(kind, id_)


def _nobody(kind: str) -> None:
    """Nobody listens yet."""

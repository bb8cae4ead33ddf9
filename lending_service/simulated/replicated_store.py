"""The store in memory as a primary with a standby that may lag behind; its tail can be lost.

    commit ──> primary ──lag_s──> standby has it ──apply_lag_s──> standby shows it
                  │                    └─ promote(): it is the primary, with all that it has
                  └─ what it had not received is lost: acknowledged, unless commits wait

Instead of a second copy the store remembers, for as long as the lag, how to take each change back.
In step (no lag) it remembers nothing and costs next to nothing.

Commits wait as PostgreSQL's `synchronous_commit` says. One that waits is not visible; when its wait
is cancelled, or its primary is started again, it becomes visible although no standby has it. A wait
whose connection was given up goes on without its client.
Source: PostgreSQL 15, SyncRepWaitForLSN in syncrep.c; documentation, chapter 27.2.8.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeVar, cast

from lending_service.domain import Record, Task
from lending_service.ports import Clock
from lending_service.simulated.commit_modes import wait_lag_s
from lending_service.simulated.remote_store import WAIT_S
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
        """End, and know that it is safe. One that wrote nothing waits for nothing of its own."""
        pair, first = self._pair, self._pair.delayed
        self._store.end(self._tx, well=kind is None)
        if kind is None and pair.waits_s and (pair.delayed > first or pair.hidden):
            await pair.on_both(self._tx, range(first + 1, pair.delayed + 1))


class ReplicatedStore(MemoryStore):
    """A primary and a standby.

    Where commits wait, a transaction and a claim end once the standby has what was written, and
    nobody reads it before. Write-offs of tasks do not wait: one that is lost is work done again.

    Args:
        lag_s: how much later than written the standby receives a change.
        records: what both hold to begin with.
    """

    def __init__(
        self, clock: Clock, lag_s: float, records: Mapping[Place, Record] = NOTHING
    ) -> None:
        super().__init__(records)
        self.synchronous_commit = "local"
        self.gives_up = False
        """Whether a wait that lasts too long is left to itself, not cancelled."""
        self.demoted = False
        self.generation = 1
        self.refused = 0
        self.hidden: set[int] = set()
        """Changes that are committed and not visible: their commits wait."""
        self.timeline = 1
        self.split = False
        self.delayed = 0
        self.lost = 0
        self._lag_s, self._apply_lag_s = lag_s, 0.0
        self._clock = clock
        self._behind: deque[Change] = deque()
        self._stir: Callable[[str], None] = _nobody
        self._seen = self.outcomes

    @property
    def lag_s(self) -> float:
        """How much later than written the standby receives a change.

        It may be changed at any time, and then holds for changes that have not arrived yet.
        """
        return self._lag_s

    @lag_s.setter
    def lag_s(self, lag_s: float) -> None:
        self._arrive()
        self._lag_s = lag_s
        self._arrive()

    @property
    def apply_lag_s(self) -> float:
        """How much later than received the standby shows a change; as `lag_s` to be changed."""
        return self._apply_lag_s

    @apply_lag_s.setter
    def apply_lag_s(self, lag_s: float) -> None:
        self._arrive()
        self._apply_lag_s = lag_s
        self._arrive()

    @property
    def waits_s(self) -> float:
        """How long after its write a commit may end; 0 where it waits for no standby."""
        return wait_lag_s(self.synchronous_commit, self._lag_s, self._apply_lag_s)

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

    def recover(self) -> None:
        """The primary was killed and reads its log again: whatever is in it is visible."""
        self.hidden.clear()

    def demote(self) -> None:
        """The standby takes over in good order; the old primary lives on and takes no writes."""
        self.demoted, self.generation = True, self.generation + 1

    def promote(self) -> int:
        """The primary is gone and the standby takes over.

        Returns:
            how many changes were lost.
        """
        self._arrive()
        received_s, lost = self._clock.now_s() - self._lag_s, 0
        while self._behind and self._behind[-1].t_s > received_s:
            self._take_back(self._behind.pop())
            lost += 1
        self._behind.clear()
        self.hidden.clear()
        self.timeline, self.split, self.lost = self.timeline + 1, False, self.lost + lost
        self._stir_all(task.kind for task in self._tasks.values())
        return lost

    def read(self, kind: type[R], id_: str) -> Coroutine[object, object, R | None]:
        """The record as the primary shows it: without commits that wait for the standby."""
        return self._visible(kind, id_) if self.hidden else super().read(kind, id_)

    async def read_standby(self, kind: type[R], id_: str) -> R | None:
        """The record as the standby shows it."""
        self._arrive()
        return await self._without(kind, id_, self._behind)

    async def _visible(self, kind: type[R], id_: str) -> R | None:
        self._arrive()
        waiting_s = self._clock.now_s() - self.waits_s
        waiting = (c for c in self._behind if c.number in self.hidden and c.t_s > waiting_s)
        return await self._without(kind, id_, waiting)

    async def _without(self, kind: type[R], id_: str, changes: Iterable[Change]) -> R | None:
        """The record as it was before these changes, oldest first."""
        for change in changes:
            if (kind, id_) in change.records:
                return cast("R | None", change.records[(kind, id_)])
        return await super().read(kind, id_)

    def transaction(self) -> AbstractAsyncContextManager[MemoryTx]:
        """One at a time; where commits wait, it ends once the standby has it.

        Raises:
            CommitUnknown: the standby did not get it in time, or the primary was lost meanwhile.
        """
        return PairTransaction(self)

    def claim(
        self, kind: str, now_s: float, limit: int, lease_s: float
    ) -> Coroutine[object, object, list[Task]]:
        """Due tasks; where commits wait, none that the standby has not got.

        Raises:
            CommitUnknown: as `transaction`.
        """
        claimed = super().claim(kind, now_s, limit, lease_s)
        return self._claim_on_both(claimed) if self.waits_s else claimed

    async def on_both(self, tx: MemoryTx, own: range) -> None:
        """Until the standby has what the transaction wrote and read.

        Args:
            own: numbers of the changes that it wrote.

        Raises:
            CommitUnknown: as `transaction`.
        """
        self.hidden.update(own)
        try:
            await self._arrived()
            self.hidden.difference_update(own)
        except CommitUnknown:
            if not self.gives_up:  # a cancelled wait ends the transaction, and it is committed
                self.hidden.difference_update(own)
            self._seen["unknown"] += 1
            self._stir_all(kind for kind, _, _ in tx.tasks)
            raise

    async def _claim_on_both(self, claimed: Coroutine[object, object, list[Task]]) -> list[Task]:
        tasks = await claimed
        await self._arrived()
        return tasks

    async def _arrived(self) -> None:
        """Until the standby has, or shows, all that is written now."""
        if not self._behind:
            return
        timeline, written_s = self.timeline, self._behind[-1].t_s
        deadline_s = self._clock.now_s() + WAIT_S
        while written_s > self._clock.now_s() - self.waits_s:
            if self._clock.now_s() >= deadline_s:
                raise CommitUnknown(f"commit: the standby has not got it after {WAIT_S:g} s")
            await self._clock.sleep(LOOK_S)
            if self.timeline != timeline:
                raise CommitUnknown("commit: the primary was lost before the standby had it")

    def _write(self, written: Mapping[Place, Record]) -> None:
        if written and (self._lag_s or self._apply_lag_s):
            records = {place: self._records[place] for place in written}
            self._change().records.update(records)
        super()._write(written)

    def _schedule(self, task: Task, ready_s: float) -> None:
        if self._lag_s or self._apply_lag_s:
            self._change().tasks[task.id] = self._slot(task.id)
        super()._schedule(task, ready_s)

    def _forget(self, task_id: int) -> None:
        if self._lag_s or self._apply_lag_s:
            self._change().tasks[task_id] = self._slot(task_id)
        super()._forget(task_id)

    def _change(self) -> Change:
        self._arrive()
        self.delayed += 1
        change = Change(self._clock.now_s(), self.delayed)
        self._behind.append(change)
        return change

    def _arrive(self) -> None:
        """Forget how to take back what the standby shows."""
        horizon_s = self._clock.now_s() - self._lag_s - self._apply_lag_s
        while self._behind and self._behind[0].t_s <= horizon_s:
            self.hidden.discard(self._behind.popleft().number)

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


def _nobody(kind: str) -> None:
    """Nobody listens yet."""

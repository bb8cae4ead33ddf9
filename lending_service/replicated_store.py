"""The store in memory as a primary with a standby that lags behind; its tail can be lost.

    commit ──> primary, at once ──lag──> standby
                  │                         └─ promote(): it is the primary now
                  └─ what had not arrived is lost: acknowledged all the same

Instead of a second copy the store remembers, for as long as the lag, how to take each change back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from lending_service.domain import Record, Task
from lending_service.memory_store import NOTHING, MemoryStore, Place
from lending_service.ports import Clock

R = TypeVar("R", bound=Record)
Slot = tuple[Task, float] | None  # a task and from when it may be claimed


@dataclass
class Change:
    """What a change replaced: None where there was nothing."""

    t_s: float
    records: dict[Place, Record | None] = field(default_factory=dict)
    tasks: dict[int, Slot] = field(default_factory=dict)


class ReplicatedStore(MemoryStore):
    """A primary and a standby.

    Args:
        lag_s: how far the standby is behind; may be changed at any time, and then holds for
            changes that have not arrived yet.
        records: what both hold to begin with.
    """

    def __init__(
        self, clock: Clock, lag_s: float, records: Mapping[Place, Record] = NOTHING
    ) -> None:
        """Start in step."""
        super().__init__(records)
        self.lag_s = lag_s
        self.reads_standby = False
        """Whether reads outside of transactions are answered by the standby."""
        self._clock = clock
        self._behind: deque[Change] = deque()

    async def read(self, kind: type[R], id_: str) -> R | None:
        """The record as the primary, or (when told so) as the standby has it."""
        if self.reads_standby:
            self._arrive()
            for change in self._behind:
                if (kind, id_) in change.records:
                    return cast("R | None", change.records[(kind, id_)])
        return await super().read(kind, id_)

    def promote(self) -> int:
        """The primary is gone and the standby takes over, with a standby of its own in step.

        Returns:
            how many changes were lost.
        """
        self._arrive()
        lost = len(self._behind)
        while self._behind:
            self._take_back(self._behind.pop())
        return lost

    def _write(self, written: Mapping[Place, Record]) -> None:
        if written:
            change = self._change()
            change.records.update({place: self._records.get(place) for place in written})
        super()._write(written)

    def _schedule(self, task: Task, ready_s: float) -> None:
        self._change().tasks[task.id] = self._slot(task.id)
        super()._schedule(task, ready_s)

    def _forget(self, task_id: int) -> None:
        self._change().tasks[task_id] = self._slot(task_id)
        super()._forget(task_id)

    def _change(self) -> Change:
        self._arrive()
        change = Change(self._clock.now_s())
        self._behind.append(change)
        return change

    def _arrive(self) -> None:
        """Forget how to take back what the standby has."""
        horizon_s = self._clock.now_s() - self.lag_s
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

"""The store port: records by type and id, and an outbox, changed together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from lending_service.domain import Movement, Record, Task

R = TypeVar("R", bound=Record)
M = TypeVar("M", bound=Movement)


class Heartbeat(Record, frozen=True, kw_only=True):
    """Says nothing: written to see whether writing works."""


HEARTBEAT = Heartbeat(id="ready")


class StoreUnavailable(Exception):
    """The store could not do it; nothing was changed."""


class CommitUnknown(StoreUnavailable):
    """The commit was sent and its answer lost: it may have been applied. Never sent again."""


class NotTheWriter(StoreUnavailable):
    """Another instance writes; nothing was changed."""


class Tx(Protocol):
    """One transaction. Locks are taken in one order everywhere: application or repayment,
    exposure, loan, payment, reservation, reserve; so that no two can wait for each other."""

    async def get(self, kind: type[R], id_: str, *, lock: bool = False) -> R | None:
        """The record, or None; with `lock`, nobody else changes it until this ends."""

    async def put(self, record: Record) -> None:
        """Write the record over what is there."""

    async def add(self, record: Record) -> bool:
        """Write the record if its id is free; whether it was."""

    async def enqueue(self, kind: str, key: str, due_s: float) -> None:
        """Add a task to the outbox, to be done from `due_s` on."""


class Store(Protocol):
    """Durable records and the outbox. `outcomes` counts calls by ok, error, unknown."""

    outcomes: dict[str, int]

    def listen(self, wake: Callable[[str], None]) -> None:
        """Call `wake(kind)` after a commit that added a task of `kind`."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """Commits when the block ends, rolls back when it raises.

        Raises:
            StoreUnavailable: nothing was changed.
            CommitUnknown: perhaps it was.
        """

    async def read(self, kind: type[R], id_: str) -> R | None:
        """One record as it stands, outside of any transaction."""

    async def settled(self, kind: type[M], from_s: float, to_s: float) -> list[M]:
        """The records of `kind` whose money moved from `from_s` up to `to_s`, in no order."""

    async def load(self, records: Sequence[Record]) -> None:
        """Write those records whose ids are free, in one go."""

    async def claim(self, kind: str, now_s: float, limit: int, lease_s: float) -> list[Task]:
        """Up to `limit` due tasks of `kind`, earliest first; nobody else gets them for
        `lease_s`."""

    async def finish(self, *tasks: Task) -> None:
        """The tasks are done."""

    async def reschedule(self, due_s: float, *tasks: Task) -> None:
        """Do the tasks again, from `due_s` on."""

    async def next_due_s(self, kind: str) -> float | None:
        """When the next task of `kind` may be claimed, or None."""

    async def release_leases(self, kind: str = "", but: Sequence[int] = ()) -> None:
        """Give up leases of `kind` (of every kind without one), except of the tasks `but`: whoever
        held them is gone or never got them (one service an outbox)."""

    async def counts(self) -> dict[str, int]:
        """Tasks by kind."""

    async def ping(self) -> None:
        """A real write, committed as every other one; of an instance that does not write, a read.

        Raises:
            StoreUnavailable: it failed.
            CommitUnknown: nobody knows.
        """

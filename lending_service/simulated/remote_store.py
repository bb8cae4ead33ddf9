"""The store in memory behind a link: a command can fail to arrive, an answer can be lost.

    way.there() ──lost──> StoreUnavailable: nothing was changed
        └─> done at the database ──> way.back() ──lost──> CommitUnknown: it was, nobody knows

A transaction is one command: its block runs at the database, at once. So a slow link costs one
round trip a transaction here and one a statement on a real database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, TypeVar

from lending_service.domain import Movement, Record, Task
from lending_service.stores.memory import MemoryStore, MemoryTx
from lending_service.stores.port import HEARTBEAT, CommitUnknown, StoreUnavailable

R = TypeVar("R", bound=Record)
M = TypeVar("M", bound=Movement)
T = TypeVar("T")
WAIT_S = 2.0  # as the store in PostgreSQL


class Way(Protocol):
    """The way to the database; an OSError is a command or an answer that was lost."""

    def free(self, *, write: bool) -> bool:
        """Whether nothing is in the way of this command and its answer; asked once a command."""

    async def there(self, *, write: bool) -> None:
        """Bring a command there; `write` says that it changes something."""

    async def back(self, *, write: bool) -> None:
        """Bring the answer back."""


class RemoteTransaction:
    """A transaction at the end of the way as a block of code; a class, as the one that it holds."""

    __slots__ = ("_block", "_free", "_store", "_tx")

    def __init__(self, store: RemoteStore) -> None:
        self._store = store

    async def __aenter__(self) -> MemoryTx:
        """Bring it there and begin."""
        self._free = self._store.way.free(write=True)
        if not self._free:
            await self._store.there(write=True)
        self._block = self._store.memory.transaction()
        self._tx = await self._block.__aenter__()
        return self._tx

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit, and learn of it."""
        await self._block.__aexit__(kind, error, trace)
        if kind is None:
            await self._store.end(self._tx, free=self._free)


class RemoteStore:
    """A store over a way.

    Args:
        memory: what is at its end; outlives this store.
    """

    def __init__(self, memory: MemoryStore, way: Way) -> None:
        self.outcomes = {"ok": 0, "error": 0, "unknown": 0}
        self.memory = memory
        self.way = way
        self._wake: Callable[[str], None] = _nobody

    def listen(self, wake: Callable[[str], None]) -> None:
        """Remember whom to wake."""
        self._wake = wake

    def transaction(self) -> AbstractAsyncContextManager[MemoryTx]:
        """One command; a lost answer to it is a commit that nobody knows of."""
        return RemoteTransaction(self)

    def read(self, kind: type[R], id_: str) -> Coroutine[object, object, R | None]:
        """One read."""
        return self._command(lambda: self.memory.read(kind, id_))

    def settled(
        self, kind: type[M], from_s: float, to_s: float
    ) -> Coroutine[object, object, list[M]]:
        """What moved in a period."""
        return self._command(lambda: self.memory.settled(kind, from_s, to_s))

    def load(self, records: Sequence[Record]) -> Coroutine[object, object, None]:
        """Write those whose ids are free."""
        return self._command(lambda: self.memory.load(records))

    def claim(
        self, kind: str, now_s: float, limit: int, lease_s: float
    ) -> Coroutine[object, object, list[Task]]:
        """Due tasks; when the answer is lost they stay leased."""
        return self._command(lambda: self.memory.claim(kind, now_s, limit, lease_s))

    def finish(self, *tasks: Task) -> Coroutine[object, object, None]:
        """Forget the tasks."""
        return self._command(lambda: self.memory.finish(*tasks), write=True)

    def reschedule(self, due_s: float, *tasks: Task) -> Coroutine[object, object, None]:
        """End the leases."""
        return self._command(lambda: self.memory.reschedule(due_s, *tasks), write=True)

    def next_due_s(self, kind: str) -> Coroutine[object, object, float | None]:
        """When the next task is due."""
        return self._command(lambda: self.memory.next_due_s(kind))

    def release_leases(
        self, kind: str = "", but: Sequence[int] = ()
    ) -> Coroutine[object, object, None]:
        """These tasks are ready at their own due time."""
        return self._command(lambda: self.memory.release_leases(kind, but))

    def counts(self) -> Coroutine[object, object, dict[str, int]]:
        """Tasks by kind."""
        return self._command(self.memory.counts)

    async def ping(self) -> None:
        """A real write."""
        async with self.transaction() as tx:
            await tx.put(HEARTBEAT)

    async def end(self, tx: MemoryTx, *, free: bool) -> None:
        """Learn that it was committed.

        Raises:
            CommitUnknown: the answer was lost.
        """
        try:
            if not free:
                await self._committed()
            self.outcomes["ok"] += 1
        finally:  # also when nobody knows: the tasks may be there, and nobody else would look
            for kind, _, _ in tx.tasks:
                self._wake(kind)

    async def _command(self, work: Callable[[], Awaitable[T]], *, write: bool = False) -> T:
        """There, done, back."""
        free = self.way.free(write=write)
        if not free:
            await self.there(write=write)
        done = await work()
        if not free:
            await self._back(write=write)
        self.outcomes["ok"] += 1
        return done

    async def there(self, *, write: bool) -> None:
        """Bring a command there.

        Raises:
            StoreUnavailable: it did not arrive.
        """
        try:
            await self.way.there(write=write)
        except OSError as error:
            raise self._lost(error) from error

    async def _back(self, *, write: bool) -> None:
        try:
            await self.way.back(write=write)
        except OSError as error:
            raise self._lost(error) from error

    async def _committed(self) -> None:
        try:
            await self.way.back(write=True)
        except OSError as error:
            self.outcomes["unknown"] += 1
            raise CommitUnknown(f"commit: {error}") from error

    def _lost(self, error: OSError) -> StoreUnavailable:
        self.outcomes["error"] += 1
        return StoreUnavailable(f"database: {error}; is it up and reachable?")


def _nobody(kind: str) -> None:
    """Nobody listens yet."""

"""A primary and its standby behind a link: which of them answers, and whether it takes writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from lending_service.domain import Record, Task
from lending_service.simulated.remote_store import RemoteStore, Way
from lending_service.simulated.replicated_store import ReplicatedStore
from lending_service.stores.memory import MemoryTx
from lending_service.stores.port import StoreUnavailable
from lending_service.viewing import VIEWING

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class WayToPrimary:
    """Two ways, of which the one to whichever is the primary is taken.

    Args:
        ways: to the one that was the primary to begin with, and to the other one.
    """

    def __init__(self, pair: ReplicatedStore, ways: tuple[Way, Way]) -> None:
        self._pair = pair
        self._ways = ways

    @property
    def _now(self) -> Way:
        return self._ways[(self._pair.timeline - 1) % 2]

    def free(self, *, write: bool) -> bool:
        """Whether nothing is in the way."""
        return self._now.free(write=write)

    async def there(self, *, write: bool) -> None:
        """Bring a command there."""
        await self._now.there(write=write)

    async def back(self, *, write: bool) -> None:
        """Bring the answer back."""
        await self._now.back(write=write)


class RemotePair(RemoteStore):
    """A primary and its standby over a way, which leads to whichever is the primary.

    Args:
        leaves: whether connections to a primary that takes no writes any more are replaced.
    """

    def __init__(self, pair: ReplicatedStore, way: Way, *, leaves: bool = True) -> None:
        super().__init__(pair, way)
        self._pair = pair
        self._leaves = leaves
        self._generation = pair.generation

    def listen(self, wake: Callable[[str], None]) -> None:
        """Remember whom to wake, also after a failover."""
        super().listen(wake)
        self._pair.heed(wake, self.outcomes)

    def transaction(self) -> AbstractAsyncContextManager[MemoryTx]:
        """As any store; refused by a primary that takes no writes.

        Raises:
            StoreUnavailable: it is read-only.
        """
        self._writable(write=True)
        return super().transaction()

    def claim(
        self, kind: str, now_s: float, limit: int, lease_s: float
    ) -> Coroutine[object, object, list[Task]]:
        """Due tasks; refused as `transaction`."""
        self._writable(write=True)
        return super().claim(kind, now_s, limit, lease_s)

    async def _command(self, work: Callable[[], Awaitable[T]], *, write: bool = False) -> T:
        self._writable(write)
        return await super()._command(work, write=write)

    def _writable(self, write: bool) -> None:
        """A pool hands out connections to the old primary until it is told to replace them."""
        if not (write and self._pair.demoted and self._generation != self._pair.generation):
            return
        if self._leaves:
            self._generation = self._pair.generation
        self._pair.refused += 1
        self.outcomes["error"] += 1
        raise StoreUnavailable("database: cannot write in a read-only transaction")


class SplitReads(RemotePair):
    """A pair whose standby answers whoever only looks.

    Source: the database selector of Ruby on Rails leads GET requests to a replica.
    """

    async def read(self, kind: type[R], id_: str) -> R | None:
        """One read: of the standby while `VIEWING`, else of the primary."""
        if VIEWING.get():
            return await self._command(lambda: self._pair.read_standby(kind, id_))
        return await super().read(kind, id_)

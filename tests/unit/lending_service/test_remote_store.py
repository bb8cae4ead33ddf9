"""A store behind a link: what a lost command and a lost answer mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lending_service.domain import Exposure
from lending_service.simulated.remote_store import RemoteStore
from lending_service.stores.memory import MemoryStore
from lending_service.stores.port import CommitUnknown, Store, StoreUnavailable
from tests.unit.lending_service.store_conformance import CONFORMANCE


class OneWay:
    """A way on which one leg is lost.

    Args:
        lost: there, back or neither.
    """

    def __init__(self, lost: str = "") -> None:
        self.lost = lost

    def free(self, *, write: bool) -> bool:
        """Only when neither leg is lost."""
        return False

    async def there(self, *, write: bool) -> None:
        """Lost, or not."""
        if self.lost == "there":
            raise ConnectionResetError("there")

    async def back(self, *, write: bool) -> None:
        """Lost, or not."""
        if self.lost == "back":
            raise TimeoutError("back")


@pytest.mark.parametrize("promise", CONFORMANCE, ids=lambda promise: promise.__name__)
def test_over_a_way_a_store_keeps_its_promises(
    promise: Callable[[Store], Awaitable[None]],
) -> None:
    """Distance alone changes nothing."""
    asyncio.run(_fresh(promise))


async def _fresh(promise: Callable[[Store], Awaitable[None]]) -> None:
    await promise(RemoteStore(MemoryStore(), OneWay()))


async def _put(store: RemoteStore) -> None:
    async with store.transaction() as tx:
        await tx.put(Exposure(id="x"))
        await tx.enqueue("debit", "d", 0.0)


def test_a_command_that_is_lost_changes_nothing() -> None:
    """The caller learns that nothing was done, and nothing was."""

    async def story() -> None:
        memory = MemoryStore()
        store = RemoteStore(memory, OneWay("there"))
        with pytest.raises(StoreUnavailable) as caught:
            await _put(store)
        assert not isinstance(caught.value, CommitUnknown)
        assert await memory.read(Exposure, "x") is None
        assert store.outcomes == {"ok": 0, "error": 1, "unknown": 0}

    asyncio.run(story())


def test_a_lost_answer_leaves_the_commit_unknown_and_done() -> None:
    """The write is there, the caller does not know, and its task is looked for all the same."""

    async def story() -> None:
        memory = MemoryStore()
        store = RemoteStore(memory, OneWay("back"))
        woken: list[str] = []
        store.listen(woken.append)
        with pytest.raises(CommitUnknown):
            await _put(store)
        assert await memory.read(Exposure, "x") == Exposure(id="x")
        assert await memory.counts() == {"debit": 1}
        assert woken == ["debit"]
        assert store.outcomes["unknown"] == 1

    asyncio.run(story())

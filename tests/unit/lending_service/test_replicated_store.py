"""A primary with a standby: what a failover loses, and what it must not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lending_service.domain import Exposure
from lending_service.replicated_store import ReplicatedStore
from lending_service.store import Store
from tests.unit.lending_service.store_conformance import CONFORMANCE

LAG_S = 2.0
LEASE_S = 10.0


class HandClock:
    """Time that a test sets."""

    def __init__(self) -> None:
        """Zero."""
        self.t_s = 0.0

    def now_s(self) -> float:
        """As it was set."""
        return self.t_s

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.t_s += seconds


async def put(store: Store, count: int) -> None:
    """Commit a value and a task for it."""
    async with store.transaction() as tx:
        await tx.put(Exposure(id="x", count=count))
        await tx.enqueue("debit", f"d{count}", 0.0)


async def count_of(store: Store) -> int | None:
    """The value as it is read."""
    found = await store.read(Exposure, "x")
    return None if found is None else found.count


def play(story: Callable[[ReplicatedStore, HandClock], Awaitable[None]]) -> None:
    """A story on a fresh pair."""

    async def run() -> None:
        clock = HandClock()
        await story(ReplicatedStore(clock, LAG_S), clock)

    asyncio.run(run())


@pytest.mark.parametrize("promise", CONFORMANCE, ids=lambda promise: promise.__name__)
def test_a_pair_keeps_the_promises_of_a_store(promise: Callable[[Store], Awaitable[None]]) -> None:
    """While nothing fails, nobody notices the standby."""
    play(lambda store, clock: promise(store))


def test_a_failover_loses_the_tail_and_nothing_else() -> None:
    """Records and tasks of the last two seconds are gone, older ones are there."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        await put(store, 1)
        clock.t_s = 5.0
        await put(store, 2)
        assert store.promote() > 0
        assert await count_of(store) == 1
        (task,) = await store.claim("debit", 5.0, 9, LEASE_S)
        assert task.key == "d1"

    play(story)


def test_a_finished_task_comes_back_when_its_end_is_lost() -> None:
    """Work whose completion had not arrived is done again: it must be idempotent."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        await put(store, 1)
        clock.t_s = 5.0
        (task,) = await store.claim("debit", 5.0, 9, LEASE_S)
        await store.finish(task)
        store.promote()
        (again,) = await store.claim("debit", 5.0, 9, LEASE_S)
        assert again.key == "d1"

    play(story)


def test_a_standby_in_step_loses_nothing() -> None:
    """With no lag an acknowledged write survives."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.lag_s = 0.0
        await put(store, 1)
        assert store.promote() == 0
        assert await count_of(store) == 1

    play(story)


def test_the_standby_reads_old() -> None:
    """A read from the standby shows what was true before the lag, then catches up."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        await put(store, 1)
        clock.t_s = 5.0
        await put(store, 2)
        store.reads_standby = True
        assert await count_of(store) == 1
        clock.t_s = 7.0
        assert await count_of(store) == 2

    play(story)

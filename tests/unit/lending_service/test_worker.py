"""Lanes of the worker: what is collected is done together, once, and again when it did not work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lending_service.domain import Task
from lending_service.stores.memory import MemoryStore
from lending_service.worker import Lane
from tests.unit.lending_service.world import FakeClock

GAP_S = 1.0


class Post:
    """Takes batches; fails for the first `bad` of them."""

    def __init__(self, bad: int = 0) -> None:
        self.bad = bad
        self.batches: list[list[str]] = []

    async def take(self, tasks: Sequence[Task]) -> float | None:
        """One batch."""
        self.batches.append([task.key for task in tasks])
        return 2.0 if len(self.batches) <= self.bad else None


async def _played(post: Post, batch: int, keys: Sequence[str]) -> tuple[MemoryStore, Lane]:
    """A lane to which keys are added one after another, and half a minute."""
    store, clock = MemoryStore(), FakeClock()
    lane = Lane("notice", 1, post.take, store, clock, lambda kind, text: None, batch)
    store.listen(lambda kind: lane.kick())
    loop = asyncio.get_running_loop()
    running = loop.create_task(lane.run(loop.create_task))
    for key in keys:
        async with store.transaction() as tx:
            await tx.enqueue("notice", key, clock.now_s() + GAP_S)
        await asyncio.sleep(0)
    await clock.settle()
    while clock.wake(clock.now_s() + 30.0):
        await clock.settle()
    running.cancel()
    lane.stop()
    return store, lane


def test_tasks_that_come_one_by_one_are_done_together() -> None:
    """One look for all of them, and the outbox is empty afterwards."""
    post = Post()
    store, _ = asyncio.run(_played(post, 100, ["a", "b", "c"]))
    assert post.batches == [["a", "b", "c"]]
    assert asyncio.run(store.counts()) == {}


def test_no_batch_is_larger_than_it_may_be() -> None:
    """What is left over comes next."""
    post = Post()
    asyncio.run(_played(post, 2, ["a", "b", "c"]))
    assert post.batches == [["a", "b"], ["c"]]


def test_a_batch_that_did_not_work_comes_again_as_it_was() -> None:
    """None of its tasks is lost, and none is done on its own."""
    post = Post(bad=2)
    store, _ = asyncio.run(_played(post, 100, ["a", "b"]))
    assert post.batches == [["a", "b"]] * 3
    assert asyncio.run(store.counts()) == {}

"""A primary with a standby: what a failover loses, and what it must not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lending_service.domain import Exposure
from lending_service.simulated.remote_pair import RemotePair, SplitReads, WayToPrimary
from lending_service.simulated.remote_store import WAIT_S
from lending_service.simulated.replicated_store import ReplicatedStore
from lending_service.stores.port import CommitUnknown, Store, StoreUnavailable
from lending_service.viewing import VIEWING
from tests.unit.lending_service.store_conformance import CONFORMANCE

LAG_S = 2.0
LEASE_S = 10.0


class HandClock:
    """Time that a test sets; `then` happens once somebody has waited."""

    def __init__(self) -> None:
        self.t_s = 0.0
        self.then: Callable[[], object] = lambda: None
        self.pace = False
        """Whether others have their turn before whoever waits goes on."""

    def now_s(self) -> float:
        """As it was set."""
        return self.t_s

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.t_s += seconds
        self.then()
        if self.pace:
            await asyncio.sleep(0)


async def put(store: Store, count: int) -> None:
    """Commit a value and a task for it."""
    async with store.transaction() as tx:
        await tx.put(Exposure(id="x", count=count))
        await tx.enqueue("debit", f"d{count}", 0.0)


async def count_of(store: Store) -> int | None:
    """The value as it is read."""
    found = await store.read(Exposure, "x")
    return None if found is None else found.count


async def seen_at_standby(store: ReplicatedStore) -> int | None:
    """The value as the standby has it."""
    found = await store.read_standby(Exposure, "x")
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
        assert await seen_at_standby(store) == 1
        clock.t_s = 7.0
        assert await seen_at_standby(store) == 2

    play(story)


def test_a_synchronous_commit_ends_when_the_standby_has_it() -> None:
    """What is acknowledged survives the primary."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.synchronous_commit, store.lag_s = "remote_apply", 0.5
        await put(store, 1)
        assert 0.5 <= clock.t_s < 0.6
        assert store.promote() == 0
        assert await count_of(store) == 1

    play(story)


def test_nobody_reads_a_synchronous_commit_before_the_standby_has_it() -> None:
    """Else somebody would be told of what may yet be lost."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.synchronous_commit, store.lag_s = "remote_apply", 0.5
        committing = asyncio.create_task(put(store, 1))
        clock.pace = True
        await asyncio.sleep(0)
        assert await count_of(store) is None
        await committing
        assert await count_of(store) == 1

    play(story)


def test_a_standby_that_does_not_follow_leaves_a_synchronous_commit_unknown() -> None:
    """Neither a yes nor a no: it may be there later. Its task is taken up all the same."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        told: list[str] = []
        store.synchronous_commit, store.lag_s = "remote_apply", 3600.0
        store.gives_up = True
        distant = RemotePair(store, Free())
        distant.listen(told.append)
        with pytest.raises(CommitUnknown, match="after 2 s"):
            await put(distant, 1)
        assert WAIT_S <= clock.t_s < WAIT_S + 0.1
        assert await count_of(store) is None
        assert told == ["debit"]
        assert distant.outcomes == {"ok": 0, "error": 0, "unknown": 1}
        store.lag_s = 0.0
        assert await count_of(store) == 1

    play(story)


def test_of_two_ways_the_one_to_whichever_leads_is_taken() -> None:
    """What is in the way of the old primary harms nobody once the standby has taken over."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        distant = RemotePair(store, WayToPrimary(store, (Cut(), Free())))
        with pytest.raises(StoreUnavailable):
            await put(distant, 1)
        store.promote()
        await put(distant, 2)
        assert await count_of(store) == 2
        store.promote()
        with pytest.raises(StoreUnavailable):
            await put(distant, 3)

    play(story)


def test_a_commit_whose_primary_is_lost_meanwhile_is_unknown_and_gone() -> None:
    """The new primary never had it."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.synchronous_commit, store.lag_s = "remote_apply", 1.0
        clock.then = store.promote
        with pytest.raises(CommitUnknown, match="primary was lost"):
            await put(store, 1)
        store.lag_s = 0.0
        assert await count_of(store) is None

    play(story)


def test_a_cancelled_wait_shows_a_commit_that_a_promotion_loses() -> None:
    """PostgreSQL: the transaction was committed, only its wait is over."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.synchronous_commit, store.lag_s = "on", 3600.0
        with pytest.raises(CommitUnknown):
            await put(store, 1)
        assert await count_of(store) == 1
        assert store.promote() > 0
        assert await count_of(store) is None

    play(story)


def test_a_primary_that_was_killed_shows_what_waited_when_it_is_back() -> None:
    """Its log has the commit, and nobody waits any more."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.synchronous_commit, store.lag_s, store.gives_up = "on", 3600.0, True
        with pytest.raises(CommitUnknown):
            await put(store, 1)
        assert await count_of(store) is None
        store.recover()
        assert await count_of(store) == 1

    play(story)


def test_a_commit_that_the_standby_has_may_not_be_shown_there_yet() -> None:
    """`on` waits for the standby's disk, `remote_apply` for what it shows."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.lag_s, store.apply_lag_s = 0.0, 5.0
        store.synchronous_commit = "on"
        await put(store, 1)
        assert (clock.t_s, await seen_at_standby(store)) == (0.0, None)
        assert store.promote() == 0  # what it has it replays before it takes over
        assert await count_of(store) == 1
        store.apply_lag_s, store.synchronous_commit = 1.0, "remote_apply"
        await put(store, 2)
        assert await seen_at_standby(store) == 2
        assert clock.t_s >= 1.0

    play(story)


def test_a_transaction_that_wrote_nothing_waits_for_nothing() -> None:
    """PostgreSQL: without a commit record there is nothing to replicate."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        await put(store, 1)
        store.synchronous_commit, store.lag_s = "on", 3600.0
        async with store.transaction() as tx:
            await tx.get(Exposure, "x")
        assert clock.t_s == 0.0

    play(story)


def test_a_pool_leaves_a_primary_that_became_read_only_or_stays() -> None:
    """The first write is refused; then another connection is taken, or the same again."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        leaving, staying = RemotePair(store, Free()), RemotePair(store, Free(), leaves=False)
        store.demote()
        for pool in (leaving, staying):
            with pytest.raises(StoreUnavailable, match="read-only"):
                await put(pool, 1)
        await put(leaving, 1)
        with pytest.raises(StoreUnavailable, match="read-only"):
            await staying.claim("debit", 0.0, 1, LEASE_S)
        assert await count_of(staying) == 1
        assert store.refused == 3
        await put(RemotePair(store, Free(), leaves=False), 2)  # a process that is started anew

    play(story)


def test_a_synchronous_claim_gives_no_task_that_may_be_lost() -> None:
    """Work begins on what is safe."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        await put(store, 1)
        store.synchronous_commit = "on"
        (task,) = await store.claim("debit", clock.t_s, 9, LEASE_S)
        assert (task.key, clock.t_s >= LAG_S) == ("d1", True)

    play(story)


def test_what_only_the_old_of_two_primaries_took_is_lost_when_it_goes() -> None:
    """Acknowledged without a standby, it was never safe."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        store.lag_s = 0.0
        await put(store, 1)
        store.part()
        clock.t_s = 1e6
        await put(store, 2)
        assert (await count_of(store), store.split) == (2, True)
        assert store.promote() > 0
        assert (await count_of(store), store.split, store.timeline) == (1, False, 2)

    play(story)


def test_tasks_that_come_back_are_told_of() -> None:
    """Nobody else would look for them: their end was written, and lost."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        told: list[str] = []
        RemotePair(store, Free()).listen(told.append)
        await put(store, 1)
        clock.t_s = 5.0
        (task,) = await store.claim("debit", 5.0, 9, LEASE_S)
        await store.finish(task)
        store.promote()
        assert told == ["debit"]

    play(story)


def test_whoever_only_looks_may_be_led_to_the_standby() -> None:
    """And whoever decides is not."""

    async def story(store: ReplicatedStore, clock: HandClock) -> None:
        reader = SplitReads(store, Free())
        await put(store, 1)
        assert (await reader.read(Exposure, "x")) is not None
        VIEWING.set(True)
        assert (await reader.read(Exposure, "x")) is None

    play(story)


class Free:
    """A way with nothing in it."""

    def free(self, *, write: bool) -> bool:
        """Always."""
        return True

    async def there(self, *, write: bool) -> None:
        """At once."""

    async def back(self, *, write: bool) -> None:
        """At once."""


class Cut(Free):
    """A way on which nothing arrives."""

    def free(self, *, write: bool) -> bool:
        """Never."""
        return False

    async def there(self, *, write: bool) -> None:
        """Refused."""
        raise ConnectionRefusedError

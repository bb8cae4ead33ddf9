"""What every store must do; run on memory in tests/unit, on PostgreSQL in tests/process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from lending_service.domain import Exposure, Payment, Repayment, Reservation
from lending_service.stores.port import Store

LEASE_S = 10.0


async def commits_all_or_nothing(store: Store) -> None:
    """A block that raises leaves neither record nor task."""
    try:
        async with store.transaction() as tx:
            await tx.put(Exposure(id="a"))
            await tx.enqueue("debit", "a", 0.0)
            raise LookupError
    except LookupError:
        pass
    assert await store.read(Exposure, "a") is None
    assert await store.counts() == {}
    async with store.transaction() as tx:
        await tx.put(Exposure(id="a", count=7))
        await tx.enqueue("debit", "a", 0.0)
        assert await tx.get(Exposure, "a") == Exposure(id="a", count=7)
    assert await store.read(Exposure, "a") == Exposure(id="a", count=7)
    assert await store.counts() == {"debit": 1}


async def adds_only_to_free_ids(store: Store) -> None:
    """The first of two wins, also when they come at once; kinds do not share ids."""

    async def add(count: int) -> bool:
        async with store.transaction() as tx:
            return await tx.add(Exposure(id="one", count=count))

    added = await asyncio.gather(*(add(n) for n in range(1, 6)))
    assert sum(added) == 1
    kept = await store.read(Exposure, "one")
    assert kept is not None
    assert kept.count == 1 + added.index(True)
    assert await store.read(Repayment, "one") is None


async def loses_no_update_under_lock(store: Store) -> None:
    """Twenty writers that lock what they read: twenty counted."""
    await store.load([Exposure(id="all")])

    async def count() -> None:
        async with store.transaction() as tx:
            seen = await tx.get(Exposure, "all", lock=True)
            assert seen is not None
            await tx.put(replace(seen, count=seen.count + 1))

    await asyncio.gather(*(count() for _ in range(20)))
    kept = await store.read(Exposure, "all")
    assert kept is not None
    assert kept.count == 20


async def loads_without_overwriting(store: Store) -> None:
    """A restart finds the book as the first run left it."""
    await store.load([Exposure(id="x", count=1)])
    await store.load([Exposure(id="x", count=2), Exposure(id="y", count=3)])
    kept = [await store.read(Exposure, id_) for id_ in ("x", "y")]
    assert [exposure.count for exposure in kept if exposure is not None] == [1, 3]


async def hands_out_due_tasks_once(store: Store) -> None:
    """By kind, earliest first, never twice while leased, again after the lease."""
    async with store.transaction() as tx:
        for key, due_s in (("late", 5.0), ("first", 1.0), ("second", 2.0)):
            await tx.enqueue("debit", key, due_s)
        await tx.enqueue("commit", "other", 0.0)
    assert await store.next_due_s("debit") == 1.0
    assert await store.next_due_s("rescore") is None
    claimed = await store.claim("debit", 3.0, 9, LEASE_S)
    assert [(task.key, task.attempts) for task in claimed] == [("first", 1), ("second", 1)]
    assert await store.claim("debit", 3.0, 9, LEASE_S) == []
    assert await store.next_due_s("debit") == 5.0
    again = sorted((t.key, t.attempts) for t in await store.claim("debit", 13.0, 9, LEASE_S))
    assert again == [("first", 2), ("late", 1), ("second", 2)]


async def finishes_and_reschedules(store: Store) -> None:
    """Done is gone; rescheduled comes back at its time, with its count of attempts."""
    async with store.transaction() as tx:
        await tx.enqueue("debit", "a", 0.0)
        await tx.enqueue("debit", "b", 0.0)
    one, two = await store.claim("debit", 1.0, 9, LEASE_S)
    await store.finish(one)
    await store.reschedule(4.0, two)
    assert await store.next_due_s("debit") == 4.0
    assert await store.claim("debit", 3.9, 9, LEASE_S) == []
    (back,) = await store.claim("debit", 4.0, 9, LEASE_S)
    assert (back.key, back.attempts) == ("b", 2)
    await store.finish(back)
    assert await store.counts() == {}


async def gives_up_leases(store: Store) -> None:
    """After a restart nothing waits for the lease of a process that is gone."""
    async with store.transaction() as tx:
        await tx.enqueue("debit", "a", 0.0)
    assert len(await store.claim("debit", 1.0, 9, LEASE_S)) == 1
    await store.release_leases()
    assert len(await store.claim("debit", 1.0, 9, LEASE_S)) == 1


async def gives_up_leases_of_one_kind_that_nobody_holds(store: Store) -> None:
    """A claim whose answer was lost is made again; what is under way is left alone."""
    async with store.transaction() as tx:
        for kind, key in (("debit", "a"), ("debit", "b"), ("commit", "c")):
            await tx.enqueue(kind, key, 0.0)
    under_way, _ = await store.claim("debit", 1.0, 9, LEASE_S)
    assert len(await store.claim("commit", 1.0, 9, LEASE_S)) == 1
    await store.release_leases("debit", [under_way.id])
    assert [task.key for task in await store.claim("debit", 1.0, 9, LEASE_S)] == ["b"]
    assert await store.claim("commit", 1.0, 9, LEASE_S) == []


async def lists_what_moved_in_a_period(store: Store) -> None:
    """From the first instant on, without the last; of one kind; by what is written now."""
    held = Reservation(id="r", application_id="app-1", funder="funding_a", amount_minor=5)
    paid = Payment(
        id="p", kind="payout", owner="app-1", reference="loan-1", gateway="payment_a",
        amount_minor=5, party="b-0001", created_s=0.0,
    )  # fmt: skip
    times_s = {"before": 4.9, "first": 5.0, "last": 9.9, "after": 10.0, "unknown": None}
    async with store.transaction() as tx:
        await tx.put(held)
        for id_, settled_s in times_s.items():
            await tx.add(replace(paid, id=id_, settled_s=settled_s))
    assert sorted(one.id for one in await store.settled(Payment, 5.0, 10.0)) == ["first", "last"]
    assert await store.settled(Reservation, 5.0, 10.0) == []
    async with store.transaction() as tx:
        await tx.put(committed := replace(held, status="committed", settled_s=6.0))
    assert await store.settled(Reservation, 5.0, 10.0) == [committed]


async def wakes_after_the_commit(store: Store) -> None:
    """Whoever does the work hears of it when it is there to be found, and not of a rollback."""
    woken: list[str] = []
    store.listen(woken.append)
    try:
        async with store.transaction() as tx:
            await tx.enqueue("debit", "never", 0.0)
            raise LookupError
    except LookupError:
        pass
    async with store.transaction() as tx:
        await tx.enqueue("debit", "a", 0.0)
        assert woken == []
    assert woken == ["debit"]


async def answers_a_ping_and_counts(store: Store) -> None:
    """Readiness is a real read."""
    await store.ping()
    assert store.outcomes["error"] == store.outcomes["unknown"] == 0


CONFORMANCE: tuple[Callable[[Store], Awaitable[None]], ...] = (
    commits_all_or_nothing,
    adds_only_to_free_ids,
    loses_no_update_under_lock,
    loads_without_overwriting,
    hands_out_due_tasks_once,
    finishes_and_reschedules,
    gives_up_leases,
    gives_up_leases_of_one_kind_that_nobody_holds,
    lists_what_moved_in_a_period,
    wakes_after_the_commit,
    answers_a_ping_and_counts,
)

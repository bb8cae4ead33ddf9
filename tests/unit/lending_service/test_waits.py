"""Whoever asks is answered in time, however many waits for the records come in a row."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from lending_service.clock import RunClock
from lending_service.domain import Borrower
from lending_service.stores.port import CommitUnknown, StoreUnavailable
from lending_service.stores.postgres import Commits, PostgresStore
from lending_service.stores.waits import WAIT_S, answered_within, left_s

WRITE_S = 0.03


class SlowPool:
    """A pool with one connection to a database that takes its time, and what it was asked."""

    def __init__(self, hangs: str = "") -> None:
        self.sent: list[str] = []
        self.terminated = False
        self._hangs = hangs
        self._gone = asyncio.Event()

    async def acquire(
        self,
        *,
        timeout: float,  # noqa: ASYNC109 - as asyncpg
    ) -> SlowPool:
        """The one connection."""
        return self

    async def release(
        self,
        connection: object,
        *,
        timeout: float,  # noqa: ASYNC109 - as asyncpg
    ) -> None:
        """Taken back."""
        self.sent.append("released")

    async def execute(
        self,
        query: str,
        *args: object,
        timeout: float,  # noqa: ASYNC109 - as asyncpg
    ) -> str:
        """Slow, or for ever until it is cut."""
        self.sent.append(query.split()[0])
        async with asyncio.timeout(timeout):
            if query == self._hangs:
                await self._gone.wait()
            await RunClock(0).sleep(WRITE_S)
        return "INSERT 0 1"

    def terminate(self) -> None:
        """Cut."""
        self.terminated = True
        self._gone.set()


def _store(pool: Any, commit_wait: str = "abandon") -> PostgresStore:
    return PostgresStore(pool, Commits(commit_wait=commit_wait))


async def _write(store: PostgresStore, times: int, within_s: float | None) -> None:
    with answered_within(within_s):
        async with store.transaction() as tx:
            for number in range(times):
                await tx.put(Borrower(id=str(number)))


def test_out_of_time_before_the_commit_nothing_is_changed_and_it_is_said_so() -> None:
    """The commit is not sent any more."""
    pool = SlowPool()
    with pytest.raises(StoreUnavailable) as refused:
        asyncio.run(_write(_store(pool), 20, 4 * WRITE_S))
    assert not isinstance(refused.value, CommitUnknown)
    assert "COMMIT" not in pool.sent
    assert pool.sent[-2:] == ["ROLLBACK", "released"]


@pytest.mark.parametrize("commit_wait", ["abandon", "cancel"])
def test_a_commit_that_waits_for_a_standby_ends_with_the_time_to_answer(commit_wait: str) -> None:
    """Nobody knows whether it was done."""
    pool = SlowPool(hangs="COMMIT")
    with pytest.raises(CommitUnknown):
        asyncio.run(asyncio.wait_for(_write(_store(pool, commit_wait), 1, 0.3), WAIT_S))
    assert pool.terminated == (commit_wait == "abandon")


def test_who_asked_nobody_to_be_quick_waits_for_each_by_itself() -> None:
    """Background work has no borrower behind it."""

    async def left() -> float:
        with answered_within(None):
            return left_s()

    assert asyncio.run(left()) == WAIT_S


class LostPool(SlowPool):
    """As asyncpg where the server closes a connection that is given back."""

    async def release(
        self,
        connection: object,
        *,
        timeout: float,  # noqa: ASYNC109 - as asyncpg
    ) -> None:
        """The reset on it is lost."""
        raise asyncpg.ConnectionDoesNotExistError("connection was closed")

    def terminate(self) -> None:
        """The pool has it already."""
        raise asyncpg.InterfaceError("connection has been released back to the pool")


def test_a_connection_that_is_lost_after_the_commit_is_nobodys_error() -> None:
    """Whoever wrote over it has written."""
    store = _store(LostPool())
    asyncio.run(_write(store, 1, None))
    assert store.outcomes == {"ok": 3, "error": 1, "unknown": 0}

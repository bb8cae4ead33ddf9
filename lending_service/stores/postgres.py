"""The store in PostgreSQL: asyncpg, two generic tables, every wait bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

import asyncpg
import msgspec

from lending_service.domain import Movement, Record, Task
from lending_service.stores.connecting import TROUBLE, commit_or_abandon, first_that_is
from lending_service.stores.driver import Connection, Pool, Queries
from lending_service.stores.epochs import PASSIVE, Epochs, fence
from lending_service.stores.port import (
    HEARTBEAT,
    CommitUnknown,
    Heartbeat,
    NotTheWriter,
    StoreUnavailable,
)
from lending_service.stores.statements import (
    ADD,
    CLAIM,
    ENQUEUE,
    FINISH,
    GET,
    NEXT_DUE,
    PUT,
    RELEASE,
    RESCHEDULE,
    SCHEMA,
    SETTLED,
)
from lending_service.stores.waits import WAIT_S, cleaning_s, left_s
from lending_service.viewing import VIEWING

R = TypeVar("R", bound=Record)
M = TypeVar("M", bound=Movement)
POOL_MIN, POOL_MAX = 2, 10


class PostgresTx:
    """Reads and writes on one connection inside its transaction."""

    def __init__(self, connection: Queries) -> None:
        """Use `connection`, whose transaction has begun."""
        self._connection = connection
        self.woken: list[str] = []

    async def get(self, kind: type[R], id_: str, *, lock: bool = False) -> R | None:
        """The record; with `lock`, FOR UPDATE."""
        asked = (GET + " FOR UPDATE" if lock else GET), kind.__name__, id_
        return _decoded(kind, await self._connection.fetchval(*asked, timeout=left_s()))

    async def put(self, record: Record) -> None:
        """Write over what is there."""
        await self._connection.execute(PUT, *_row(record), timeout=left_s())

    async def add(self, record: Record) -> bool:
        """Write if the id is free; waits for a transaction that is just taking it."""
        tag = await self._connection.execute(ADD, *_row(record), timeout=left_s())
        return tag == "INSERT 0 1"

    async def enqueue(self, kind: str, key: str, due_s: float) -> None:
        """Add a task."""
        await self._connection.execute(ENQUEUE, kind, key, due_s, timeout=left_s())
        self.woken.append(kind)


@dataclass(frozen=True)
class Commits:
    """How commits and connections are used; the fields of the design of the same names."""

    synchronous_commit: str = "on"
    commit_wait: str = "cancel"
    read_only_primary: str = "keep"


DEFAULT = Commits()


class PostgresStore:
    """Records and outbox in one database; made by `connect`."""

    def __init__(self, pool: Pool, commits: Commits) -> None:
        """Use `pool`, whose database has the tables."""
        self.outcomes = {"ok": 0, "error": 0, "unknown": 0}
        self._pool = pool
        self._commits = commits
        self._read_only = False
        self._wake: Callable[[str], None] = lambda _: None
        self.views: Pool | None = None
        """Of a standby, for whoever only looks; None where the primary answers them."""
        self.epoch = 0
        """The only one of which transactions are taken; 0 where there is one instance."""

    @classmethod
    async def connect(
        cls,
        servers: Sequence[tuple[str, int]],
        user: str,
        database: str,
        commits: Commits = DEFAULT,
    ) -> PostgresStore:
        """Open the pool and create what is missing.

        Args:
            servers: host and port of each, the preferred one first; the first that takes writes is
                used.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        try:
            pool = await asyncpg.create_pool(
                connect=partial(first_that_is, "read-write", servers),
                user=user, database=database, ssl=False,
                min_size=POOL_MIN, max_size=POOL_MAX, command_timeout=WAIT_S,
                server_settings={"synchronous_commit": commits.synchronous_commit},
            )  # fmt: skip
            await pool.execute(SCHEMA)
        except TROUBLE as error:
            raise _unavailable(error) from error
        return cls(pool, commits)

    async def close(self) -> None:
        """Close the pool; connections that hang are cut."""
        if self.views:
            self.views.terminate()
        try:
            await asyncio.wait_for(self._pool.close(), timeout=1.0)
        except TimeoutError:
            self._pool.terminate()

    def epochs(self, holder: str, lease_s: float, grace_s: float) -> Epochs:
        """Those of an instance that uses this store."""
        return Epochs(self._pool, holder, lease_s, grace_s)

    def listen(self, wake: Callable[[str], None]) -> None:
        """Remember whom to wake."""
        self._wake = wake

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTx]:
        """BEGIN, the block, COMMIT. A commit whose answer was lost is never tried again."""
        if self.epoch == PASSIVE:
            raise NotTheWriter("another instance writes")
        with self._counted():
            await self._leave_read_only()
            connection = await self._pool.acquire(timeout=left_s())
        try:
            with self._counted():
                await connection.execute("BEGIN", timeout=left_s())
                tx = PostgresTx(connection)
            try:
                with self._counted(good=False):
                    if self.epoch:
                        await fence(connection, self.epoch)
                    yield tx
                    wait_s = left_s()  # if nothing is left, nothing is changed
            except BaseException:
                await self._roll_back(connection)
                raise
            try:
                await self._commit(connection, wait_s)
            finally:  # also when nobody knows: the tasks may be there, and nobody else would look
                for kind in tx.woken:
                    self._wake(kind)
        finally:
            await self._release(connection, self._pool)

    async def read(self, kind: type[R], id_: str) -> R | None:
        """One SELECT."""
        pool = self.views if self.views and VIEWING.get() else self._pool
        async with self._one(pool) as one:
            return _decoded(kind, await one.fetchval(GET, kind.__name__, id_, timeout=left_s()))

    async def settled(self, kind: type[M], from_s: float, to_s: float) -> list[M]:
        """One SELECT."""
        async with self._one(self._pool) as one:
            rows = await one.fetch(SETTLED, kind.__name__, from_s, to_s, timeout=left_s())
        return [msgspec.json.decode(row[0], type=kind) for row in rows]

    async def load(self, records: Sequence[Record]) -> None:
        """One transaction, pipelined."""
        async with self._one(self._pool) as one:
            await one.executemany(ADD, [_row(record) for record in records])

    async def claim(self, kind: str, now_s: float, limit: int, lease_s: float) -> list[Task]:
        """Due tasks that nobody holds."""
        async with self._one(self._pool) as one:
            rows = await one.fetch(CLAIM, kind, now_s, limit, lease_s)
        return sorted((Task(**dict(row)) for row in rows), key=lambda task: (task.due_s, task.id))

    async def finish(self, *tasks: Task) -> None:
        """Delete the tasks."""
        async with self._one(self._pool) as one:
            await one.execute(FINISH, [task.id for task in tasks])

    async def reschedule(self, due_s: float, *tasks: Task) -> None:
        """End the leases; due again at `due_s`."""
        async with self._one(self._pool) as one:
            await one.execute(RESCHEDULE, [task.id for task in tasks], due_s)

    async def next_due_s(self, kind: str) -> float | None:
        """The earliest instant at which a task of `kind` is due and free."""
        async with self._one(self._pool) as one:
            return cast("float | None", await one.fetchval(NEXT_DUE, kind))

    async def release_leases(self, kind: str = "", but: Sequence[int] = ()) -> None:
        """End leases."""
        async with self._one(self._pool) as one:
            await one.execute(RELEASE, kind, list(but))

    async def counts(self) -> dict[str, int]:
        """Tasks by kind."""
        async with self._one(self._pool) as one:
            rows = await one.fetch("SELECT kind, count(*) FROM outbox GROUP BY 1 ORDER BY 1")
        return {row[0]: row[1] for row in rows}

    async def ping(self) -> None:
        """Write a row of our own: a read would not notice that commits wait in vain."""
        if self.epoch == PASSIVE:
            await self.read(Heartbeat, HEARTBEAT.id)
            return
        async with self.transaction() as tx:
            await tx.put(HEARTBEAT)

    @contextmanager
    def _counted(self, *, good: bool = True) -> Iterator[None]:
        """Count the call; the driver's errors become StoreUnavailable."""
        try:
            yield
        except TROUBLE as error:
            self.outcomes["error"] += 1
            self._read_only |= isinstance(error, asyncpg.ReadOnlySQLTransactionError)
            raise _unavailable(error) from error
        if good:
            self.outcomes["ok"] += 1

    async def _leave_read_only(self) -> None:
        """Replace connections to a primary that takes no writes any more, if the design says so."""
        if self._read_only and self._commits.read_only_primary == "reconnect":
            self._read_only = False
            await self._pool.expire_connections()

    @asynccontextmanager
    async def _one(self, pool: Pool) -> AsyncIterator[Connection]:
        """A connection for one command, counted; a pool of its own accord would wait for ever."""
        with self._counted():
            connection = await pool.acquire(timeout=left_s())
            try:
                yield connection
            finally:
                await self._release(connection, pool)

    async def _commit(self, connection: Connection, wait_s: float) -> None:
        try:
            if self._commits.commit_wait == "abandon":
                await commit_or_abandon(connection, wait_s)
            else:
                await connection.execute("COMMIT", timeout=wait_s)
        except TROUBLE as error:
            self.outcomes["unknown"] += 1
            raise CommitUnknown(f"commit: {type(error).__name__}: {error}") from error
        self.outcomes["ok"] += 1

    async def _roll_back(self, connection: Connection) -> None:
        """Roll back; on a connection that is gone the server has done so."""
        try:
            await connection.execute("ROLLBACK", timeout=cleaning_s())
        except TROUBLE:
            self.outcomes["error"] += 1

    async def _release(self, connection: Connection, pool: Pool) -> None:
        """Give the connection back; one that cannot be cleaned is closed by the pool."""
        try:
            await pool.release(connection, timeout=cleaning_s())
        except TROUBLE:
            self.outcomes["error"] += 1
            with suppress(asyncpg.InterfaceError):  # the pool has closed it already
                connection.terminate()


def _row(record: Record) -> tuple[str, str, str, float | None]:
    settled_s = record.settled_s if isinstance(record, Movement) else None
    return type(record).__name__, record.id, msgspec.json.encode(record).decode(), settled_s


def _decoded(kind: type[R], body: str | None) -> R | None:
    return None if body is None else msgspec.json.decode(body, type=kind)


def _unavailable(error: BaseException) -> StoreUnavailable:
    return StoreUnavailable(f"database: {type(error).__name__}: {error}; is it up and reachable?")

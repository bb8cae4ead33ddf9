"""To which of several servers a connection leads, and how a commit on it is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import asyncpg

from lending_service.stores.driver import Connection, Pool
from lending_service.stores.waits import WAIT_S

VIEWS_MAX = 6  # chosen, not measured
UNBOUNDED_S = 3600.0  # asyncpg's own time-out sends a cancel request, which shows the commit
SHARE = 0.9  # chosen: of WAIT_S, for all servers together
TROUBLE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of an answer
    OSError,
    asyncio.TimeoutError,
)


async def standby_pool(servers: Sequence[tuple[str, int]], user: str, database: str) -> Pool:
    """Connections that show what a standby has; any server's while none is one."""
    pool: Pool = await asyncpg.create_pool(
        connect=partial(_standby_if_any, servers),
        user=user, database=database, ssl=False, min_size=1, max_size=VIEWS_MAX,
        command_timeout=WAIT_S,
    )  # fmt: skip
    return pool


async def _standby_if_any(
    servers: Sequence[tuple[str, int]], dsn: None, **options: object
) -> asyncpg.Connection:
    with suppress(*TROUBLE):
        return await first_that_is("standby", servers, dsn, **options)
    return await first_that_is("any", servers, dsn, **options)


async def first_that_is(
    wanted: str, servers: Sequence[tuple[str, int]], _dsn: None, **options: object
) -> asyncpg.Connection:
    """A connection to the first server that is as wanted; to one that is alone, as it is.

    Args:
        wanted: as libpq's target_session_attrs: read-write, standby, any.

    asyncpg tries a list of hosts within one time-out: one that hangs would keep the others from
    being tried.
    """
    several = len(servers) > 1
    asked = {**options, "target_session_attrs": wanted if several else "any"}
    asked["timeout"] = SHARE * WAIT_S / len(servers) if several else WAIT_S
    for host, port in servers[:-1]:
        with suppress(*TROUBLE):
            return await asyncpg.connect(host=host, port=port, **asked)
    host, port = servers[-1]
    return await asyncpg.connect(host=host, port=port, **asked)


async def commit_or_abandon(connection: Connection, wait_s: float) -> None:
    """COMMIT; one that waits longer than `wait_s` for a standby is left to the server, which shows
    it once the standby has it. A cancel request would show it at once.

    Raises:
        TimeoutError: nobody knows; the connection is gone.
    """
    committing = asyncio.ensure_future(connection.execute("COMMIT", timeout=UNBOUNDED_S))
    try:
        await asyncio.wait_for(asyncio.shield(committing), wait_s)
    except TimeoutError:
        connection.terminate()
        await asyncio.gather(committing, return_exceptions=True)
        raise

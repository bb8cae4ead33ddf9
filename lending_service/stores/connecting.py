"""To which of several servers a connection leads: the first one that takes writes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import asyncpg

WAIT_S = 2.0  # for a connection, and for each command; chosen, not measured
SHARE = 0.9  # chosen: of WAIT_S, for all servers together
TROUBLE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of an answer
    OSError,
    asyncio.TimeoutError,
)


async def first_that_writes(
    servers: Sequence[tuple[str, int]], _dsn: None, **options: object
) -> asyncpg.Connection:
    """A connection to the first server that takes writes.

    asyncpg tries a list of hosts within one time-out: one that hangs would keep the others from
    being tried.
    """
    several = len(servers) > 1
    asked = {**options, "target_session_attrs": "read-write" if several else "any"}
    asked["timeout"] = SHARE * WAIT_S / len(servers) if several else WAIT_S
    for host, port in servers[:-1]:
        with suppress(*TROUBLE):
            return await asyncpg.connect(host=host, port=port, **asked)
    host, port = servers[-1]
    return await asyncpg.connect(host=host, port=port, **asked)

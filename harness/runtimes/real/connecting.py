"""A connection of the harness's own to a database of the run, straight, past every link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from harness.errors import RuntimeFailure


@asynccontextmanager
async def connected(address: str, settings: Mapping[str, str], **how: Any) -> AsyncIterator[Any]:
    """A connection, given up at the end without a word to the server.

    Args:
        address: `host:port`.
        settings: of the server, for this session.
        how: of asyncpg: user, database, password or passfile, limits in s.

    Raises:
        RuntimeFailure: there is none, or what was asked over it failed; in the server's words.
    """
    host, port = address.rsplit(":", 1)
    try:
        connection = await asyncpg.connect(
            host=host, port=int(port), ssl=False, server_settings=dict(settings), **how
        )
        try:
            yield connection
        finally:
            connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise RuntimeFailure(f"{type(error).__name__}: {error}") from None

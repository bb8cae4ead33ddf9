"""A query to the database of a run: reads only, within a time."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping
from typing import Any

import asyncpg

QUERY_S = 10.0  # chosen: how long a query may take
ROWS_MAX = 20  # chosen: rows that are written down; all are counted


async def ask(
    address: str, user: str, password: str, database: str, sql: str
) -> Mapping[str, object]:
    """What a query answers.

    Args:
        address: `host:port` of the server, past every link.

    Returns:
        `count` and the first `rows`; or `problem`, in the server's words.
    """
    host, port = address.rsplit(":", 1)
    limits = {"statement_timeout": str(int(QUERY_S * 1000)), "default_transaction_read_only": "on"}
    try:
        connection = await asyncpg.connect(
            host=host, port=int(port), user=user, password=password, database=database,
            timeout=QUERY_S, server_settings=limits, ssl=False,
        )  # fmt: skip
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return {"problem": f"{type(error).__name__}: {error}"}
    try:
        async with connection.transaction(readonly=True):
            rows = await connection.fetch(sql, timeout=QUERY_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return {"problem": f"{type(error).__name__}: {error}"}
    finally:
        connection.terminate()
    return {"count": len(rows), "rows": [_plain(row) for row in rows[:ROWS_MAX]]}


def _plain(row: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: object) -> object:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, decimal.Decimal | datetime.date | datetime.time | uuid.UUID):
        return str(value)
    return repr(value)

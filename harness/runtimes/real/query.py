"""A query to the database of a run: reads only, within a time."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping
from typing import Any

from harness.errors import RuntimeFailure
from harness.foreign import DatabaseLogin
from harness.json_types import JsonDict
from harness.runtimes.real.connecting import connected

QUERY_S = 10.0  # chosen: how long a query may take
ROWS_MAX = 20  # chosen: rows that are written down; all are counted


async def ask(address: str, login: DatabaseLogin, sql: str) -> Mapping[str, object]:
    """What a query answers.

    Args:
        address: `host:port` of the server, past every link.

    Returns:
        `count` and the first `rows`; or `problem`, in the server's words.
    """
    limits = {"statement_timeout": str(int(QUERY_S * 1000)), "default_transaction_read_only": "on"}
    who = vars(login)
    try:
        async with (
            connected(address, limits, timeout=QUERY_S, **who) as connection,
            connection.transaction(readonly=True),
        ):
            rows = await connection.fetch(sql, timeout=QUERY_S)
    except RuntimeFailure as error:
        return {"problem": str(error)}
    return {"count": len(rows), "rows": [_plain(row) for row in rows[:ROWS_MAX]]}


def _plain(row: Any) -> JsonDict:
    return {name: _value(value) for name, value in row.items()}


def _value(value: object) -> object:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, decimal.Decimal | datetime.date | datetime.time | uuid.UUID):
        return str(value)
    return repr(value)

"""Queries of a target to its own database once all has settled, and what they answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from harness.clock import NS
from harness.history import HistoryWriter
from harness.ports import Runtime
from harness.target import Target

QUERY = "query"  # name of the event


class HasQuery(Protocol):
    """A runtime that can ask a database."""

    async def query(self, service: str, sql: str) -> Mapping[str, object]:
        """`count` and the first `rows`; or `problem`, in the database's words."""


async def ask_queries(runtime: Runtime, target: Target, writer: HistoryWriter) -> None:
    """Ask each (`target.queries`: name -> SQL, `queried`: name -> database) and write down what it
    answered."""
    queries: Mapping[str, str] = getattr(target, "queries", {})
    queried: Mapping[str, str] = getattr(target, "queried", {})
    for name, sql in queries.items():
        told = await _asked(runtime, target, queried.get(name, ""), sql)
        now = int(runtime.clock.now_s() * NS)
        writer.append(t=now, p="harness", type="info", f=QUERY, k=name, v=dict(told), src="clock")


async def _asked(runtime: Runtime, target: Target, database: str, sql: str) -> Mapping[str, object]:
    database = database or next((one.name for one in target.services if one.is_database), "")
    if not hasattr(runtime, "query"):
        return {"problem": f"{runtime.name} cannot ask a database"}
    return await cast(HasQuery, runtime).query(database, sql)

"""What the store uses of asyncpg, which ships no types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Queries(Protocol):
    """What a connection and a pool of asyncpg both do."""

    async def execute(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncpg has it so
    ) -> str:
        """Run a command; its tag, `INSERT 0 1`."""

    async def executemany(
        self,
        command: str,
        args: Sequence[Sequence[object]],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncpg has it so
    ) -> None:
        """Run it for each, in one transaction."""

    async def fetch(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncpg has it so
    ) -> list[Mapping[Any, Any]]:
        """All rows, by name and by number."""

    async def fetchval(
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncpg has it so
    ) -> Any:
        """The first value of the first row."""


class Connection(Queries, Protocol):
    """A connection of asyncpg."""

    def terminate(self) -> None:
        """Cut it."""


class Pool(Queries, Protocol):
    """A pool of asyncpg."""

    async def acquire(self, *, timeout: float) -> Connection:  # noqa: ASYNC109 - asyncpg has it so
        """A connection of one's own."""

    async def release(
        self,
        connection: Connection,
        *,
        timeout: float,  # noqa: ASYNC109 - asyncpg has it so
    ) -> None:
        """Give it back."""

    async def expire_connections(self) -> None:
        """Replace every connection when it is next asked for."""

    async def close(self) -> None:
        """Close it once nobody uses it."""

    def terminate(self) -> None:
        """Cut every connection."""

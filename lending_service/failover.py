"""Failover by script: health checks that promote the standby. Without fencing, as many have it.

the primary does not answer ──CHECKS_MAX times──> the standby is promoted
                                                  └─ an old primary that only hung lives on
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from lending_service.ports import Clock
from lending_service.stores.connecting import TROUBLE

GAP_S, CHECK_S, CHECKS_MAX = 0.25, 0.5, 4  # chosen: it decides after 1 to 3 s
STATEMENT_S = 5.0
RECOVERS = "SELECT pg_is_in_recovery()"
# Commits wait for nobody until somebody puts a standby back.
PROMOTE = (
    "SELECT pg_promote(true, 5)",
    "ALTER SYSTEM SET synchronous_standby_names = ''",
    "SELECT pg_reload_conf()",
)


class Script:
    """Watches a primary and promotes its standby.

    Args:
        servers: host and port of the primary, then of its standby.
        report: told (what, text) of what it does.
    """

    def __init__(
        self,
        servers: tuple[tuple[str, int], tuple[str, int]],
        user: str,
        database: str,
        clock: Clock,
        report: Callable[[str, str], None],
    ) -> None:
        self._primary, self._standby = servers
        self._whose = {"user": user, "database": database}
        self._clock = clock
        self._report = report

    async def watch(self) -> None:
        """For ever."""
        failed = 0
        while True:
            await self._clock.sleep(GAP_S)
            failed = 0 if await self._leads(self._primary) else failed + 1
            if failed >= CHECKS_MAX and await self._promoted():
                self._primary, self._standby = self._standby, self._primary
                failed = 0

    async def _leads(self, server: tuple[str, int]) -> bool:
        """Whether a server answers and takes writes."""
        return await self._said(server, RECOVERS) is False

    async def _promoted(self) -> bool:
        """Whether the standby leads now; it may have been somebody else who promoted it."""
        if await self._leads(self._standby):
            return True
        self._report("failover", f"{self._primary} does not answer; promoting {self._standby}")
        for statement in PROMOTE:
            await self._said(self._standby, statement)
        return await self._leads(self._standby)

    async def _said(self, server: tuple[str, int], statement: str) -> object:
        """What a server answers; None where it does not."""
        host, port = server
        try:
            connection = await asyncpg.connect(
                host=host, port=port, ssl=False, timeout=CHECK_S, command_timeout=STATEMENT_S,
                **self._whose,
            )  # fmt: skip
        except TROUBLE:
            return None
        try:
            return await connection.fetchval(statement)
        except TROUBLE:
            return None
        finally:
            connection.terminate()

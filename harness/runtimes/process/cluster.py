"""What the Patronis of a run say of their databases, asked straight, past every link."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from harness.clock import until
from harness.errors import RuntimeFailure
from harness.json_types import JsonObject
from harness.runtimes.process.site import Site
from harness.runtimes.real.sockets import once_connected, send
from harness.target import Request

FORMED_S = 60.0  # chosen: 5 s on a quiet machine; a busy one takes five times that
POLL_S = 0.1
LEADS = ("primary", "master")
FOLLOWS = ("replica", "sync_standby", "quorum_standby")


class Cluster:
    """The databases of a run that are managed, and who manages them.

    Args:
        site: the run.
    """

    def __init__(self, site: Site) -> None:
        """Nothing is asked yet."""
        self._site = site

    async def leads(self, database: str) -> bool:
        """Whether its Patroni says that it takes writes."""
        found = await self._asked(self._site.manager_of(database), "/patroni")
        return found.get("role") in LEADS and found.get("state") == "running"

    async def leaders(self) -> list[str]:
        """The databases that take writes."""
        names = self._databases()
        leading = await asyncio.gather(*map(self.leads, names))
        return [name for name, leads in zip(names, leading, strict=True) if leads]

    async def follows(self, database: str) -> bool:
        """Whether it is a standby that streams, and commits wait for it if they are to."""
        found = await self._asked(self._site.manager_of(database), "/cluster")
        members = found.get("members", [])
        own: JsonObject = next((one for one in members if one.get("name") == database), {})
        config = await self._asked(self._site.manager_of(database), "/config")
        waited = own.get("role") != "replica" or not config.get("synchronous_mode")
        return own.get("state") == "streaming" and own.get("role") in FOLLOWS and waited

    async def formed(self, database: str) -> None:
        """Wait until a database is what it is to be at the beginning: leader, or its standby.

        Raises:
            RuntimeFailure: it is not in time, or its Patroni ended.
        """
        manager, site = self._site.manager_of(database), self._site
        standby = bool(site.service(database)["standby_of"])
        is_there = self.follows if standby else self.leads

        async def done() -> bool:
            return site.launcher.exit_code(manager) is not None or await is_there(database)

        formed = await until(done, site.clock, within_s=FORMED_S, every_s=POLL_S)
        if not formed or site.launcher.exit_code(manager) is not None:
            what = "follows its leader" if standby else "leads"
            words = site.launcher.last_words(manager)
            raise RuntimeFailure(f"awaited that {database} {what} for {FORMED_S:g} s{words}")

    def _databases(self) -> list[str]:
        services = self._site.recovery.read()["services"].values()
        return [one["manages"] for one in services if one["manages"]]

    async def _asked(self, manager: str, path: str) -> JsonObject:
        """What a Patroni answers, whatever its status; {} where it does not."""
        address = f"http://{self._site.address(manager)}"
        proven = once_connected(partial(self._site.prove, manager))
        try:
            answer = await send(self._site.orders, address, Request("GET", path), {}, proven)
        except RuntimeFailure:  # somebody else listens there: what he says of it is not believed
            return {}
        return answer.body if isinstance(answer.body, Mapping) else {}

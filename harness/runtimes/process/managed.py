"""Power over databases that Patroni manages: the harness breaks, and Patroni decides who leads.

lose_primary   what the standby gets is late ──lag──> it gets nothing more; the primary is killed
split          the primary's region is cut off from the other one and from where the leader key is
undo           every link is whole and every Patroni runs; what was the primary winds itself back
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.clock import until
from harness.errors import RuntimeFailure, UnsupportedFault
from harness.ports import Observation, UndoRecord, arguments, names
from harness.runtimes.process.cluster import Cluster
from harness.runtimes.process.processes import ProcessesOfRun
from harness.runtimes.process.servers import ServersOfRun
from harness.runtimes.process.site import Site
from harness.runtimes.real.pair import POLL_S, Pair
from harness.runtimes.real.replication import NO_LAG, ReplicationOfRun

LED_S = 10.0  # chosen: what an undo may take; Patroni starts a database within a second or two


class ManagedReplication(ReplicationOfRun):
    """`ReplicationControl` over databases that Patroni manages.

    Args:
        site: the run.
        processes: starts and ends its programs.
    """

    def __init__(self, site: Site, processes: ProcessesOfRun) -> None:
        """Nothing is behind or cut off."""
        super().__init__(site, processes, ServersOfRun(site, processes))
        self._managers, self._cluster = processes, Cluster(site)
        self._manager_of = site.manager_of
        self._isolated: dict[str, str] = {}
        self._logs: dict[str, Path] = {}

    async def demote(self, service: str) -> None:
        """There is none such.

        Raises:
            UnsupportedFault: always; a target refuses it before a run.
        """
        raise UnsupportedFault(f"{service}: its Patroni leaves no read-only primary alive")

    async def lose_primary(self, service: str, lag_s: float) -> None:
        """Let the standby get everything so late; then nothing more, and the primary is gone.

        A standby that is cut off at once would be no synchronous one any more a loop later, and
        Patroni would rather start the old primary again than promote it.
        """
        pair = self._pair(service)
        if lag_s:
            behind_s = self._lags.get(service, NO_LAG)["lag_s"]
            await self._delay(pair, {**NO_LAG, "lag_s": max(lag_s, behind_s)})
        losing = self._lose(await self._leader(pair), lag_s)
        self._losing[service] = asyncio.create_task(losing)
        if not lag_s:
            await self._losing[service]

    async def split(self, service: str) -> None:
        """Cut the primary and its Patroni off from the other region and from the leader key; who
        is connected to the primary stays so."""
        pair = self._pair(service)
        primary = await self._leader(pair)
        self._isolated[service] = primary
        for link in self._across(primary):
            await self._site.links.set_enabled(link, False)

    async def observe(self, where: str) -> Observation:
        """The leader as its process is seen; of a region that is cut off, whether its primary has
        stepped down and how many lead at once."""
        pair, leaders = self._pair(where), await self._cluster.leaders()
        isolated = self._isolated.get(where, "")
        shown = (isolated if isolated in leaders else "") or next(iter(leaders), pair.primary)
        seen = await self._processes.observe(shown)
        fenced = bool(isolated) and isolated not in leaders
        state = {
            **seen.state,
            **self._lags.get(where, NO_LAG),
            "timeline": pair.timeline(shown),
            "split": len(leaders) > 1,
            "fenced": fenced,
            "demoted": False,
        }
        counts = {**await self._site.traffic(where), **await self._counts(where, pair, state)}
        return replace(seen, counts=counts, state=state)

    async def _lose(self, primary: str, lag_s: float) -> None:
        await self._site.clock.sleep(lag_s)
        pair = next(one for one in self._pairs.values() if primary in one.names)
        await self._site.links.set_enabled(f"{pair.other(primary)}->{primary}", False)
        await self._processes.kill(primary)
        self._logs[primary] = pair.keep_log(primary)

    async def _delay(self, pair: Pair, lags: Mapping[str, float]) -> None:
        """Let the standby get everything so late.

        Raises:
            UnsupportedFault: it is to apply it late.
        """
        if lags["apply_lag_s"]:
            raise UnsupportedFault("a standby that Patroni manages applies at once: stage: receive")
        leader = await self._leader(pair)
        await self._hold_back(f"{pair.other(leader)}->{leader}", lags["lag_s"])

    async def _undo(self, record: UndoRecord, others: Sequence[UndoRecord]) -> None:
        pair, where = self._pair(record.where), record.where
        if arguments(others, "lose_primary"):
            self._lags[where] = self._wanted(others)
            return
        await self._stop_losing(where)
        if any("split" in names(other) for other in others):
            return
        if isolated := self._isolated.pop(where, ""):
            self._logs[isolated] = pair.keep_log(isolated)
        for link in self._inner():
            await self._hold_back(link, 0.0)
        for manager in map(self._manager_of, pair.names):
            await self._managers.let_run(manager)
        if not await until(self._led, self._site.clock, within_s=LED_S, every_s=POLL_S):
            raise RuntimeFailure(f"nobody leads {LED_S:g} s after every link was whole again")
        await self._count(pair)
        self._lags[where] = self._wanted(others)
        await self._delay(pair, self._lags[where])

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether one leads, and it alone."""
        return bool(others) or await self._led()

    async def _led(self) -> bool:
        return len(await self._cluster.leaders()) == 1

    async def _leader(self, pair: Pair) -> str:
        return next(iter(await self._cluster.leaders()), pair.primary)

    async def _count(self, pair: Pair) -> None:
        """Count what went with a primary that was lost, once another one leads."""
        for old, kept in list(self._logs.items()):
            if await self._cluster.leads(pair.other(old)):
                pair.lost += await pair.count_lost(old, kept)
                del self._logs[old]

    def _inner(self) -> list[str]:
        """The links among databases, their managers and what those decide by."""
        state = self._site.recovery.read()
        own = {name for name, one in state["services"].items() if one["part"] or _is_database(one)}
        links = state["links"].items()
        return [name for name, one in links if {one["caller"], one["callee"]} <= own]

    def _across(self, primary: str) -> Iterator[str]:
        """Those of them that lead out of the region of a primary, or into it."""
        region = {primary, self._manager_of(primary)}
        links = self._site.recovery.links()
        for name in self._inner():
            if (links[name]["caller"] in region) != (links[name]["callee"] in region):
                yield name


def _is_database(service: Mapping[str, object]) -> bool:
    return service["protocol"] == "postgres"

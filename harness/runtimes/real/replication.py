"""Power over a PostgreSQL with a standby: lag, promotion, the loss of a primary.

lose_primary   the link of the standby is cut ──lag──> the primary is killed
undo           a standby whose primary is gone takes over; the old primary is wound back
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Protocol

from harness.errors import RuntimeFailure, UnsupportedFault
from harness.ports import Capability, Observation, Toxic, UndoRecord, arguments, names
from harness.runtimes.real.pair import POLL_S, READ_ONLY, Pair
from harness.runtimes.real.servers import Servers
from harness.runtimes.real.sites import RealSite
from harness.runtimes.toxics import MS_MAX

LAGS = {"receive": "lag_s", "apply": "apply_lag_s"}
"""Stage of a lag -> its name in observations."""
APPLY_DELAY = "recovery_min_apply_delay"
CHANGES = """
SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database
WHERE datname = current_database()
"""
REFUSED = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
NO_LAG: Mapping[str, float] = dict.fromkeys(LAGS.values(), 0.0)


class Processes(Protocol):
    """What is needed of the programs of a run."""

    async def kill(self, service: str) -> None:
        """SIGKILL."""

    async def observe(self, where: str) -> Observation:
        """How a service is."""


class ReplicationOfRun:
    """`ReplicationControl` over the databases of a run that have a standby.

    Args:
        site: the run.
        processes: kills and looks at them.
        servers: starts and ends them.
    """

    def __init__(self, site: RealSite, processes: Processes, servers: Servers) -> None:
        """Nothing is behind."""
        self._site, self._processes, self._servers = site, processes, servers
        self._pairs: dict[str, Pair] = {}
        self._losing: dict[str, asyncio.Task[None]] = {}
        self._lags: dict[str, dict[str, float]] = {}
        self._counted: dict[str, dict[str, int]] = {}
        self._first: dict[tuple[str, str, str], int] = {}

    async def healthy(self, where: str) -> Mapping[str, object]:
        """It runs, and its standby follows in step.

        Raises:
            UnsupportedFault: it has no standby.
        """
        self._pair(where)
        return {"state": "running", **NO_LAG}

    async def set_lag(self, service: str, lag_s: float, stage: str) -> None:
        """Let the standby receive, or apply, what is written so much later."""
        lags = self._lags.setdefault(service, dict(NO_LAG))
        lags[LAGS[stage]] = max(lags[LAGS[stage]], lag_s)
        await self._delay(self._pair(service), lags)

    async def demote(self, service: str) -> None:
        """Let the primary take no writes, and promote its standby once that has everything."""
        pair = self._pair(service)
        old, new = pair.primary, pair.other(pair.primary)
        await pair.configure(old, wait=False, **{READ_ONLY: "on"})
        await pair.caught_up(old)
        await pair.promote(new)

    async def lose_primary(self, service: str, lag_s: float) -> None:
        """Let nothing more reach the standby; `lag_s` later the primary is gone."""
        pair = self._pair(service)
        if lag_s:
            await self._site.links.set_enabled(pair.link, False)
        self._losing[service] = asyncio.create_task(self._lose(pair.primary, lag_s))
        if not lag_s:
            await self._losing[service]

    async def split(self, service: str) -> None:
        """Make the standby a primary; whoever is connected to the old one goes on with it."""
        pair = self._pair(service)
        await pair.promote(pair.other(pair.primary))

    async def observe(self, where: str) -> Observation:
        """The primary as its process is seen, and what is known of the pair. While there are two,
        that is the one to which the callers are connected."""
        pair = self._pair(where)
        split = await pair.split()
        primary = pair.other(pair.primary) if split else pair.primary
        seen = await self._processes.observe(primary)
        lags = self._lags.get(where, NO_LAG)
        known = {"timeline": pair.timeline(primary), "split": split, **lags}
        state = {**seen.state, **known, "demoted": split and pair.demoted(primary)}
        counts = {**await self._site.traffic(where), **await self._counts(where, pair, state)}
        return replace(seen, counts=counts, state=state)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """One primary that runs, and a standby that follows it as the other faults let it; what
        was lost stays lost.

        Raises:
            RuntimeFailure: it could not be brought there.
        """
        async with self._alone(record.where):
            await self._undo(record, others)

    async def _undo(self, record: UndoRecord, others: Sequence[UndoRecord]) -> None:
        pair, where = self._pair(record.where), record.where
        if arguments(others, "lose_primary"):
            self._lags[where] = self._wanted(others)
            return
        await self._stop_losing(where)
        if not any(names(other) & {"split", "demote"} for other in others):
            await pair.lead_and_follow()
            for link in (pair.link, _back(pair.link)):  # a lag may be of before the sides changed
                await self._hold_back(link, 0)
                await self._site.links.set_enabled(link, True)
        self._lags[where] = self._wanted(others)
        await self._delay(pair, self._lags[where])
        await pair.in_step()

    async def _stop_losing(self, where: str) -> None:
        if task := self._losing.pop(where, None):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether one leads and the other follows it, as far behind as it is to be."""
        pair = self._pair(record.where)
        if others:
            return self._lags.get(record.where, NO_LAG) == self._wanted(others)
        return not await pair.split() and await pair.lives(pair.primary) and await pair.streams()

    @asynccontextmanager
    async def _alone(self, where: str) -> AsyncIterator[None]:
        """One process undoes at a time: the run, or whoever thinks that it takes too long."""
        path = self._servers.folder(where).with_name(f"{where}.undo")
        with _file(path) as file:
            while not _locked(file):
                await self._site.clock.sleep(POLL_S)
            yield

    async def _lose(self, primary: str, lag_s: float) -> None:
        await self._site.clock.sleep(lag_s)
        await self._processes.kill(primary)

    async def _delay(self, pair: Pair, lags: Mapping[str, float]) -> None:
        """Let the standby be so far behind."""
        await self._hold_back(pair.link, lags["lag_s"])
        delay = {APPLY_DELAY: f"{lags['apply_lag_s'] * 1000:.0f}ms"} if lags["apply_lag_s"] else {}
        await pair.configure(pair.other(pair.primary), wait=True, **delay)

    async def _hold_back(self, link: str, lag_s: float) -> None:
        """Make a link whole; then let what goes over it come so much later, or not at all where
        that is longer than any run."""
        toxic = Toxic("latency", "downstream", {"latency": round(lag_s * 1000)}, 1.0, "lag")
        healthy = await self._site.links.healthy(link)
        own = UndoRecord(Capability.LINKS, link, healthy, [("add_toxic", asdict(toxic))])
        await self._site.links.undo(own)
        if lag_s * 1000 > MS_MAX:
            await self._site.links.set_enabled(link, False)
        elif lag_s:
            await self._site.links.add_toxic(link, toxic)

    async def _counts(self, where: str, pair: Pair, state: Mapping[str, object]) -> dict[str, int]:
        """`lost`, and what else only rises: rows changed while the standby was behind, writes that
        a read-only primary refused."""
        counted = self._counted.setdefault(where, {"delayed": 0, "refused": 0})
        behind = state["lag_s"] or state["apply_lag_s"]
        asked = {"delayed": (CHANGES, behind), "refused": (REFUSED, state["demoted"])}
        for name, (sql, wanted) in asked.items():
            if wanted:
                with suppress(RuntimeFailure):
                    primary = pair.other(pair.primary) if state["demoted"] else pair.primary
                    now = int(str(await pair.ask(primary, sql)))
                    first = self._first.setdefault((where, name, primary), now)
                    counted[name] = max(counted[name], now - first)
        return {**counted, "lost": pair.lost}

    @staticmethod
    def _wanted(others: Iterable[UndoRecord]) -> dict[str, float]:
        """How far the standby is to be behind: as far as the slowest of these faults wants."""
        lags = dict(NO_LAG)
        for act in (act for other in others for act in other.acts if act[0] == "set_lag"):
            lags[LAGS[act[3]]] = max(lags[LAGS[act[3]]], act[2])
        return lags

    def _pair(self, where: str) -> Pair:
        """The pair that began with this primary.

        Raises:
            UnsupportedFault: it has no standby; names those that have one.
        """
        self._site.service(where)
        services = self._site.recovery.read()["services"]
        standbys = {one["standby_of"]: name for name, one in services.items() if one["standby_of"]}
        if where not in standbys:
            has = ", ".join(standbys) or "nothing"
            raise UnsupportedFault(f"{where} has no standby; with one: {has}")
        names_ = (where, standbys[where])
        return self._pairs.setdefault(where, Pair(self._site, self._servers, names_))


def _file(path: Path) -> IO[str]:
    return path.open("w")


def _locked(file: IO[str]) -> bool:
    """Whether the lock is ours now; it ends with the file, however its process ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _back(link: str) -> str:
    """The same two the other way round."""
    caller, callee = link.split("->")
    return f"{callee}->{caller}"

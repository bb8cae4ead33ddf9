"""A database and its standby: who is which, and how one becomes the other.

    standby ──promote──> primary          what a standby was, it is until somebody promotes it
    old primary ──count what nobody got, wind back, follow──> standby

Who is which stands in the data folders, so any process knows it: a standby has a file that says
so, and the timeline rises with every promotion.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness.clock import poll, until
from harness.errors import RuntimeFailure
from harness.runtimes.real.connecting import connected
from harness.runtimes.real.servers import Servers
from harness.runtimes.real.sites import RealSite
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.runtimes.real.standby import AUTO_CONF, MAKE_SLOT, SLOT, STANDBY_SIGNAL, waiting

# Until the pair is whole again: a process that is killed loses nothing by it, and a checkpoint or
# a start would sync every file first, which takes seconds on a busy disk.
UNSYNCED: Mapping[str, str] = {"fsync": "off"}
STEP_S = 5.0  # chosen: a promotion takes 0.2 s, a standby that starts streams after 0.5 s
CONNECT_S, QUERY_S = 1.0, 4.0  # chosen: a query of ours takes milliseconds
POLL_S = 0.02
PROMOTE = "promote"  # Source: PostgreSQL 15, pg_ctl.c: this file, then SIGUSR1
READ_ONLY = "default_transaction_read_only"
COMMIT = re.compile(r"^rmgr: Transaction .*desc: COMMIT", re.MULTILINE)
SLOT_IS_THERE = f"""
{MAKE_SLOT}
WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{SLOT}')
"""  # noqa: S608 - a constant
CAUGHT_UP = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()"
FOLLOWERS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"


class Pair:
    """Two databases of a run, one of which follows the other.

    Args:
        site: the run.
        servers: starts and ends them.
        names: the one that was the primary to begin with, then its standby.
    """

    def __init__(self, site: RealSite, servers: Servers, names: tuple[str, str]) -> None:
        """Nothing is looked at yet."""
        self.names = names
        self.lost = 0
        """Commits so far that went with an old primary."""
        self._site, self._servers = site, servers

    def folder(self, name: str) -> Path:
        """Its data folder."""
        return self._servers.folder(name)

    def follows(self, name: str) -> bool:
        """Whether it is a standby."""
        return (self.folder(name) / STANDBY_SIGNAL).exists()

    def timeline(self, name: str) -> int:
        """Of a data folder; the first is 1."""
        return _timeline(self.folder(name) / "pg_wal")

    def other(self, name: str) -> str:
        """The one that `name` is not."""
        return self.names[self.names[0] == name]

    @property
    def primary(self) -> str:
        """The one that follows nobody; of two, the one that was promoted last."""
        leading = [name for name in self.names if not self.follows(name)] or [self.names[0]]
        return max(leading, key=self.timeline)

    @property
    def link(self) -> str:
        """Over which the standby follows."""
        return f"{self.other(self.primary)}->{self.primary}"

    async def split(self) -> bool:
        """Whether both run and neither follows."""
        return not any([self.follows(one) or not await self.lives(one) for one in self.names])

    async def lives(self, name: str) -> bool:
        """Whether its program runs."""
        return await self._servers.lives(name)

    def demoted(self, name: str) -> bool:
        """Whether it takes no writes although it follows nobody."""
        return READ_ONLY in (self.folder(name) / AUTO_CONF).read_text()

    async def configure(self, name: str, *, wait: bool, **more: str) -> None:
        """Write what changes during a run, and let its server read it.

        Args:
            wait: whether commits that ask for it wait for a standby.
            more: further settings.
        """
        path = self.folder(name) / AUTO_CONF
        path.write_text(waiting(wait=wait, **more))
        self._servers.give(name, path)
        await self._servers.signal(name, signal.SIGHUP)

    async def promote(self, name: str) -> None:
        """Make a standby a primary; until another one follows it, commits wait for nobody.

        Raises:
            RuntimeFailure: it did not become one in time.
        """
        await self._servers.start(name)
        await self.configure(name, wait=False, **UNSYNCED)
        (self.folder(name) / PROMOTE).touch()
        await self._servers.signal(name, signal.SIGUSR1)
        if not await poll(
            lambda: not self.follows(name), self._site.clock, within_s=STEP_S, every_s=POLL_S
        ):
            raise RuntimeFailure(f"awaited {name} to be promoted for {STEP_S:g} s")
        late = f"{name} still recovers {STEP_S:g} s after its promotion"
        await self._until(name, "SELECT NOT pg_is_in_recovery()", late)

    async def rejoin(self, name: str) -> None:
        """End what was a primary, wind it back to where the new one began, let it follow that.

        Raises:
            RuntimeFailure: a program of PostgreSQL failed, or it does not start.
        """
        primary, folder = self.other(name), self.folder(name)
        await self._servers.end(name)
        (folder / STANDBY_SIGNAL).unlink(missing_ok=True)
        self.lost += await self.count_lost(name, folder / "pg_wal")
        await self.configure(primary, wait=False, **UNSYNCED)
        await self.ask(primary, "CHECKPOINT")  # pg_rewind looks for the timeline there
        host, port = self._site.address(primary).rsplit(":", 1)
        source = f"host={host} port={port} user={PG_USER} dbname={PG_DATABASE}"
        data = self._servers.inside(folder)
        back = ["pg_rewind", "--no-sync", "--target-pgdata", data, "--source-server", source]
        anew = ["pg_basebackup", "--no-sync", "--checkpoint=fast", "-D", data, "-d", source]
        try:
            await self._tool(name, back, f"winding {name} back")
        except RuntimeFailure:  # what it had written since, or its log before that, is not enough
            _empty(folder)
            await self._tool(name, anew, f"copying {primary} anew")
        (folder / STANDBY_SIGNAL).touch()
        self._servers.give(name, folder / STANDBY_SIGNAL)
        await self.configure(name, wait=True, **UNSYNCED)
        await self.ask(primary, SLOT_IS_THERE)
        await self._servers.start(name)
        await self.configure(name, wait=True)
        await self.ask(name, SLOT_IS_THERE)

    async def lead_and_follow(self) -> None:
        """See that one leads and the other follows it; the standby of a primary that is gone takes
        over. What an old primary alone had is lost."""
        leader = self.primary
        follower = self.other(leader)
        if not await self.lives(leader) and self.follows(follower):
            await self.promote(follower)
            leader, follower = follower, leader
        elif self.demoted(leader) or not await self.lives(leader):
            await self.configure(leader, wait=False)
            await self._servers.start(leader)
        if self.follows(follower):
            await self._servers.start(follower)
        else:
            await self.rejoin(follower)

    async def in_step(self) -> None:
        """Wait until the standby follows; from then on, commits wait for it if they ask to.

        Raises:
            RuntimeFailure: it does not.
        """
        if not await until(self.streams, self._site.clock, within_s=STEP_S, every_s=POLL_S):
            raise RuntimeFailure(f"{self.other(self.primary)} does not follow {self.primary}")
        await self.configure(self.primary, wait=True)

    async def caught_up(self, old: str) -> None:
        """Wait until the standby has all that a primary has which takes no writes any more.

        Raises:
            RuntimeFailure: it has not in time.
        """
        await self._until(old, CAUGHT_UP, f"{self.other(old)} has not all that {old} has")

    async def ask(self, name: str, sql: str) -> object:
        """The first value that a query gives, asked straight, past every link.

        Raises:
            RuntimeFailure: no answer, or an error.
        """
        passfile = Path(self._site.recovery.read()["run_dir"], "config", "pgpass")
        who = {"user": PG_USER, "database": PG_DATABASE, "passfile": str(passfile)}
        settings = {"synchronous_commit": "local", READ_ONLY: "off"}
        limits = {"timeout": CONNECT_S, "command_timeout": QUERY_S}
        try:
            async with connected(self._site.address(name), settings, **who, **limits) as connection:
                return await connection.fetchval(sql)
        except RuntimeFailure as error:
            raise RuntimeFailure(f"{name}, {sql}: {error}") from None

    async def streams(self) -> bool:
        """Whether the standby follows at this moment."""
        try:
            return bool(await self.ask(self.primary, FOLLOWERS))
        except RuntimeFailure:
            return False

    def keep_log(self, name: str) -> Path:
        """A copy of what a database has written, before it is wound back."""
        kept = self.folder(name).with_name(f"{name}.wal")
        shutil.rmtree(kept, ignore_errors=True)
        with suppress(OSError, shutil.Error):  # a file that goes meanwhile is no part of the end
            shutil.copytree(self.folder(name) / "pg_wal", kept)
        self._servers.give(name, kept)
        return kept

    async def count_lost(self, name: str, wal: Path) -> int:
        """Commits of an old primary after the moment at which the new one began.

        Args:
            wal: its log, or a copy.
        """
        primary = self.other(name)
        if self.timeline(primary) <= _timeline(wal):
            return 0
        history = self.folder(primary) / "pg_wal" / f"{self.timeline(primary):08X}.history"
        before, at = history.read_text().strip().splitlines()[-1].split()[:2]
        log = self._servers.inside(wal)
        argv = ["pg_waldump", "-p", log, "-t", before, "-s", at, "-r", "Transaction"]
        said = await self._tool(name, argv, f"reading the log of {name}", allowed=(0, 1))
        return len(COMMIT.findall(said))

    async def _tool(
        self, name: str, argv: Sequence[str], what: str, allowed: Sequence[int] = (0,)
    ) -> str:
        """Run a program of PostgreSQL; also when cancelled, it is over before this returns."""
        work = asyncio.ensure_future(self._servers.tool(name, argv, what, allowed))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            raise

    async def _until(self, name: str, sql: str, late: str) -> None:
        """Ask until the answer is yes."""

        async def yes() -> bool:
            return bool(await self.ask(name, sql))

        if not await until(yes, self._site.clock, within_s=STEP_S, every_s=POLL_S):
            raise RuntimeFailure(late)


def _timeline(wal: Path) -> int:
    """The last one that a log knows of; the first is 1."""
    return max((int(path.stem, 16) for path in wal.glob("*.history")), default=1)


def _empty(folder: Path) -> None:
    """Remove all that is in a folder; it stays whose it is."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

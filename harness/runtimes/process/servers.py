"""Databases of a run as processes: their data folders, and PostgreSQL's own programs on these."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from harness.runtimes.process.processes import ProcessesOfRun
from harness.runtimes.process.site import Site
from harness.runtimes.process.tools import RunAsUser, Tools, give
from harness.runtimes.real.procs import clean_env, marking


class ServersOfRun:
    """`harness.runtimes.real.servers.Servers`.

    Args:
        site: the run.
        processes: starts and ends them.
    """

    def __init__(self, site: Site, processes: ProcessesOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    def folder(self, name: str) -> Path:
        """In the cache."""
        return Path(self._site.recovery.read()["data_dir"], name)

    def inside(self, path: Path) -> str:
        """The same for everybody on this machine."""
        return str(path)

    def give(self, name: str, path: Path) -> None:
        """As far as we can be somebody else."""
        give(path, _owner(self.folder(name)))

    async def lives(self, name: str) -> bool:
        """By the record of its processes."""
        return bool(self._processes.family(name))

    async def signal(self, name: str, number: signal.Signals) -> None:
        """To the server, not to its children."""
        for head in self._processes.family(name)[:1]:
            head.send(number)

    async def end(self, name: str) -> None:
        """Its children as well, also where the server is gone."""
        await self._processes.end_database(name)

    async def start(self, name: str) -> None:
        """Whatever state it is in."""
        await self._processes.bring_back(name)

    async def tool(self, name: str, argv: Sequence[str], what: str, allowed: Sequence[int]) -> str:
        """As the user who owns the data, marked as the run's."""
        state = self._site.recovery.read()
        passfile = {"PGPASSFILE": str(Path(state["work_dir"], "pgpass"))}
        env = {**clean_env(), **passfile, **marking(state, f"{name}.{argv[0]}")}
        tools = Tools(Path(state["postgres"]).parent, _owner(self.folder(name)), env)
        return await asyncio.to_thread(tools.run, argv, what, "", allowed)


def _owner(folder: Path) -> RunAsUser:
    """Whose a data folder is; nobody in particular unless we can be somebody else."""
    if os.geteuid() != 0:
        return RunAsUser()
    found = folder.stat()
    return RunAsUser(found.st_uid, found.st_gid)

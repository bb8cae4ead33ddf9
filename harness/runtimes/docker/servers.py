"""Databases of a run of which one follows the other: their data, and PostgreSQL's own programs.

run folder/work/data/NAME ──> the container of NAME, as its data
run folder/work/data      ──> the container `disk`, where programs run on the data of one that ended
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.plan import DISK, INSIDE_DATA, data_folder, owner
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.site import Site
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.runtimes.real.standby import (
    AUTO_CONF,
    MAKE_SLOT,
    REPLICATED,
    STANDBY_SIGNAL,
    waiting,
)

PROGRAM = 'exec "$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/$0" "$@"'
COPY = 'cp -a /opt/harness/template "$0" && printf "%s" "$HARNESS_SQL" | '
SINGLE = '"$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/postgres" --single -F -j -D "$0" postgres'
ACCESS = f"host replication {PG_USER} samenet scram-sha-256\n"
ERROR = " ERROR: "


class ServersOfRun:
    """`harness.runtimes.real.servers.Servers`.

    Args:
        site: the run.
        processes: starts and ends its containers.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    @property
    def _data(self) -> Path:
        return data_folder(Path(self._site.recovery.read()["run_dir"]))

    def folder(self, name: str) -> Path:
        """In the run's folder."""
        return self._data / name

    def inside(self, path: Path) -> str:
        """As the container `disk` has it."""
        return f"{INSIDE_DATA}/{path.relative_to(self._data)}"

    def give(self, name: str, path: Path) -> None:
        """To the user of our images; ours is the same unless we are root."""
        _give(path)

    async def lives(self, name: str) -> bool:
        """By the engine."""
        return await self._processes.runs(name)

    async def signal(self, name: str, number: signal.Signals) -> None:
        """To the server, which is the first process of its container."""
        if await self._processes.runs(name):
            container = await self._site.engine.container(name)
            what = f"{number.name} to {name}"
            await self._site.engine.call(what, container.kill, signal=number.name)

    async def end(self, name: str) -> None:
        """With its container every child of it ends."""
        if await self._processes.runs(name):
            await self._processes.kill(name)
        (self.folder(name) / "postmaster.pid").unlink(missing_ok=True)

    async def start(self, name: str) -> None:
        """Whatever state its container is in."""
        await self._processes.bring_back(name)

    async def tool(self, name: str, argv: Sequence[str], what: str, allowed: Sequence[int]) -> str:
        """In the container `disk`."""
        return await _run(self._site.engine, ["sh", "-c", PROGRAM, *argv], what, {}, allowed)


async def make_data(engine: Engine, run_dir: Path, names: tuple[str, str], password: str) -> None:
    """Make the data of two databases, the second one a copy of the first that follows it.

    Args:
        names: the primary, its standby.

    Raises:
        RuntimeFailure: PostgreSQL refused something; with its words.
    """
    primary, standby = (data_folder(run_dir) / name for name in names)
    sql = [f"ALTER ROLE {PG_USER} PASSWORD '{password}'", MAKE_SLOT]
    text = "".join(f"{one};\n\n" for one in sql)
    what, inside = f"the data of {names[0]}, {PG_DATABASE}", f"{INSIDE_DATA}/{names[0]}"
    said = await _run(engine, ["sh", "-c", COPY + SINGLE, inside], what, {"HARNESS_SQL": text})
    if ERROR in said:
        raise RuntimeFailure(f"PostgreSQL, {what}: {said.partition(ERROR)[2].splitlines()[0]}")
    for name, more in (("postgresql.conf", REPLICATED), ("pg_hba.conf", ACCESS)):
        with (primary / name).open("a") as file:
            file.write(more)
    (primary / AUTO_CONF).write_text(waiting(wait=True))
    shutil.copytree(primary, standby)
    (standby / STANDBY_SIGNAL).touch()
    _give(primary)
    _give(standby)


def make_folder(run_dir: Path) -> None:
    """Where the data will lie, before a container has it."""
    folder = data_folder(run_dir)
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    _give(folder)


async def _run(
    engine: Engine, argv: list[str], what: str, env: dict[str, str], allowed: Sequence[int] = (0,)
) -> str:
    holder = await engine.container(DISK)
    code, raw = await engine.call(what, holder.exec_run, argv, environment=env)
    said = str(raw.decode(errors="replace"))
    if code not in allowed:
        raise RuntimeFailure(f"PostgreSQL, {what}: ended with {code}: {said[-500:]}")
    return said


def _give(place: Path) -> None:
    """Let a file, or a folder with all that is in it, belong to the user of our images."""
    if os.geteuid() != 0:
        return
    for path in [place, *(place.rglob("*") if place.is_dir() else ())]:
        os.chown(path, *owner(), follow_symlinks=False)

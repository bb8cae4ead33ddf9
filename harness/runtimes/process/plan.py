"""What a run will consist of, written down before anything is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from harness.foreign import ProgramSpec
from harness.runtimes.process.launch import Command
from harness.runtimes.process.manager import ETCD, PATRONI, part_command
from harness.runtimes.process.tools import RunAsUser
from harness.runtimes.real.document import RunFolders, programs_entry
from harness.runtimes.real.loopback import HOST
from harness.runtimes.real.sites import TOXIPROXY
from harness.runtimes.real.standby import following
from harness.target import ServiceSpec, Target, Wiring

PROGRAM = Path(__file__).with_name("program.py")


class HasPrograms(Protocol):
    """A target with services that have no module."""

    def program(self, service: str, wiring: Wiring) -> ProgramSpec:
        """How a program is started."""


@dataclass(frozen=True)
class Parts:
    """The real parts.

    Args:
        toxiproxy: the server program.
        postgres: folder of PostgreSQL's programs; None for a target without a database.
        patroni, etcd: the programs; None for a target that asks for neither.
    """

    toxiproxy: Path
    postgres: Path | None = None
    patroni: Path | None = None
    etcd: Path | None = None

    @property
    def programs(self) -> Mapping[str, Path]:
        """Name of the part -> its program, of those that a service can be."""
        found = {PATRONI: self.patroni, ETCD: self.etcd}
        return {name: path for name, path in found.items() if path is not None}


@dataclass(frozen=True)
class Folders(RunFolders):
    """Where a run keeps its things.

    Args:
        cwd: where programs are started; modules are not looked for there.
    """

    cwd: Path

    def state(self, service: str) -> Path:
        """Where a service keeps what outlives its process."""
        return self.work / "state" / service


def toxiproxy_command(parts: Parts, folders: Folders, who: RunAsUser, port: int) -> Command:
    """Start Toxiproxy, for root and the users of the run alone; it would log a line a connection
    otherwise."""
    argv = [str(parts.toxiproxy), "-host", HOST, "-port", str(port)]
    users = {0, os.geteuid(), os.geteuid() if who.uid is None else who.uid}
    env = {"LOG_LEVEL": "error", "HARNESS_UIDS": ",".join(map(str, sorted(users)))}
    return Command(argv, str(folders.log("toxiproxy")), str(folders.cwd), env, secret=True)


def database_command(
    parts: Parts, folders: Folders, who: RunAsUser, name: str, settings: Mapping[str, object]
) -> Command:
    """Start PostgreSQL on its data folder.

    Args:
        settings: that are this server's own, wherever its data folder was copied from.
    """
    own = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    argv = [f"{parts.postgres}/postgres", "-D", str(folders.data(name)), *own]
    return Command(argv, str(folders.log(name)), str(folders.work), {}, who.uid, who.gid)


def service_command(
    service: ServiceSpec, folders: Folders, python: str, more: Mapping[str, str]
) -> Command:
    """Start a service; configuration and password are in files, the token in its environment."""
    env = {
        **more,
        "HARNESS_SERVICE_CONFIG": str(folders.config(f"{service.name}.json")),
        "PGPASSFILE": str(folders.config("pgpass")),
        "HARNESS_STATE": str(folders.state(service.name)),
    }
    argv = [python, "-P", str(PROGRAM), service.module, *_folders()]
    return Command(argv, str(folders.log(service.name)), str(folders.cwd), env, secret=True)


def _folders() -> list[str]:
    """Where this process finds modules, apart from what is installed with the interpreter."""
    own = (sys.prefix, sys.base_prefix)
    absolute = [Path(entry).absolute() for entry in sys.path if entry]
    return [str(one) for one in absolute if not any(one.is_relative_to(home) for home in own)]


@dataclass(frozen=True)
class Ports:
    """Who listens where: the control port of Toxiproxy, services and links by name."""

    api: int
    services: Mapping[str, int]
    links: Mapping[str, int]


def ports_needed(target: Target) -> int:
    """How many ports a target takes."""
    return 1 + len(target.services) + len(target.links)


def deal(target: Target, ports: list[int]) -> Ports:
    """Give each program and link its port."""
    names = [service.name for service in target.services]
    return Ports(
        ports[0],
        dict(zip(names, ports[1:], strict=False)),
        dict(zip((k.name for k in target.links), ports[1 + len(names) :], strict=False)),
    )


def commands(
    target: Target, ports: Ports, parts: Parts, folders: Folders, who: RunAsUser, python: str
) -> dict[str, Command]:
    """How each program of a run is started."""
    made = {TOXIPROXY: toxiproxy_command(parts, folders, who, ports.api)}
    managed = {one.manages for one in target.services}
    for service in target.services:
        if service.part:
            port = ports.services[service.name]
            made[service.name] = part_command(service, port, folders, who, parts.programs)
        elif service.name in managed:
            continue  # its manager starts it
        elif service.is_database:
            own = _settings(target, service.name, ports, folders)
            made[service.name] = database_command(parts, folders, who, service.name, own)
        elif service.module:
            more: Mapping[str, str] = getattr(target, "environment", _nothing)(service.name)
            made[service.name] = service_command(service, folders, python, more)
    return made


def _nothing(service: str) -> Mapping[str, str]:
    return {}


def _settings(target: Target, name: str, ports: Ports, folders: Folders) -> dict[str, object]:
    """Where a database listens, and whom it follows whenever it is a standby."""
    settings: dict[str, object] = {"port": ports.services[name]}
    pairs = {one.name: one.standby_of for one in target.services if one.standby_of}
    peers = {**pairs, **{primary: standby for standby, primary in pairs.items()}}
    if name in peers:
        port = ports.links[f"{name}->{peers[name]}"]
        settings |= following(name, f"host={HOST} port={port}", str(folders.passfile))
    return settings


def foreign_commands(target: Target, wiring: Wiring, folders: Folders) -> dict[str, Command]:
    """How programs of somebody else's are started: by their own command, with no token of ours."""
    others = [s for s in target.services if not s.module and not s.running and not s.part]
    own = [one for one in others if not one.is_database]
    made = {}
    for service in own:
        command = cast(HasPrograms, target).program(service.name, wiring)
        log = str(folders.log(service.name))
        made[service.name] = Command(list(command.argv), log, command.cwd, dict(command.env))
    return made


def plan_document(
    target: Target,
    ports: Ports,
    folders: Folders,
    parts: Parts,
    how: Mapping[str, Command],
    foreign: Mapping[str, object],
) -> dict[str, object]:
    """What is on record of a run's programs; commands stay in memory (recovery.py)."""
    services, links = _addresses(ports.services), _addresses(ports.links)
    return {
        **programs_entry(target, folders.run_id, f"{HOST}:{ports.api}", services, links, foreign),
        "commands": {name: command.as_data() for name, command in how.items()},
        "postgres": str(parts.postgres / "postgres") if parts.postgres else "",
    }


def _addresses(ports: Mapping[str, int]) -> dict[str, str]:
    return {name: f"{HOST}:{port}" for name, port in ports.items()}

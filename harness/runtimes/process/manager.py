"""Patroni and etcd as programs of a run: what they are told before they are started.

    etcd <── link ── patroni    <── link ──> patroni_b        who holds the leader key leads
                        │ starts                │ starts
                     database   <── link ──> database_b       the standby follows the leader

Patroni tells the others an address for each database and for itself: those of the links by which
the others reach it, so that nothing goes past a proxy. For the same reason it takes etcd's address
as it is told (`use_proxies`), and not the one that etcd advertises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.private import write_private
from harness.runtimes.process.launch import Command
from harness.runtimes.process.lease_store import ADMIN
from harness.runtimes.process.tools import RunAsUser, give
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.loopback import HOST
from harness.runtimes.real.sockets import PG_USER
from harness.runtimes.real.standby import AUTO_CONF
from harness.target import ServiceSpec, Target

ETCD, PATRONI = "etcd", "patroni"
SHARED = "patroni.dynamic.json"  # Source: Patroni, config.py: with it a new cluster begins
UNUSED = f"http://{HOST}:1"  # an etcd that is alone speaks to no peer
# Chosen: an election among one takes no second; what a killed process wrote is not lost.
ETCD_OPTIONS = (
    *("--heartbeat-interval", "20", "--election-timeout", "200", "--unsafe-no-fsync"),
    *("--bcrypt-cost", "4"),  # its least: the password is 256 random bits
)


@dataclass(frozen=True)
class Managed:
    """A database and what manages it.

    Args:
        manager, database: names.
        ports: of both, by name.
        links: port by link.
        other: the same of the other one: manager, database.
        store: name of the etcd.
    """

    manager: str
    database: str
    ports: Mapping[str, int]
    links: Mapping[str, int]
    other: tuple[str, str]
    store: str


def managed(target: Target, ports: Mapping[str, int], links: Mapping[str, int]) -> list[Managed]:
    """Every database that a Patroni of the target manages."""
    pairs = [(one.name, one.manages) for one in target.services if one.manages]
    stores = [one.name for one in target.services if one.part == ETCD]
    return [
        Managed(*pair, ports, links, other, stores[0])
        for pair in pairs
        for other in pairs
        if other != pair
    ]


def home(folders: RunFolders, manager: str) -> Path:
    """Where a Patroni keeps its things; they go with the run."""
    return folders.work / PATRONI / manager


def part_command(
    service: ServiceSpec,
    port: int,
    folders: RunFolders,
    who: RunAsUser,
    programs: Mapping[str, Path],
) -> Command:
    """Start a real part.

    Args:
        port: on which it listens.
        who: the user of the databases.
        programs: part -> its program.
    """
    log, program = str(folders.log(service.name)), str(programs[service.part])
    if service.part == PATRONI:
        argv = [program, str(home(folders, service.name) / "patroni.yml")]
        return Command(argv, log, "/", {}, who.uid, who.gid)
    here = f"http://{HOST}:{port}"
    argv = [program, "--name", service.name, "--data-dir", str(folders.work / service.name)]
    argv += ["--listen-client-urls", here, "--advertise-client-urls", here]
    # Peers need no login, and there are none: a socket in the run's folder, no port for everybody.
    argv += ["--listen-peer-urls", f"unix://{service.name}.peers"]
    argv += ["--initial-advertise-peer-urls", UNUSED]
    argv += ["--initial-cluster", f"{service.name}={UNUSED}", "--log-level", "warn", *ETCD_OPTIONS]
    return Command(argv, log, str(folders.work))


def configuration(one: Managed, folders: RunFolders, binaries: Path, password: str) -> object:
    """What a Patroni is told of itself."""
    manager, database = one.other
    login = {"username": PG_USER, "password": password}
    return {
        "scope": "run",
        "name": one.database,
        "restapi": {
            "listen": f"{HOST}:{one.ports[one.manager]}",
            "connect_address": f"{HOST}:{one.links[f'{manager}->{one.manager}']}",
            "authentication": login,
        },
        "etcd3": {
            "hosts": [f"{HOST}:{one.links[f'{one.manager}->{one.store}']}"],
            "use_proxies": True,
            "username": ADMIN,
            "password": password,
        },
        "postgresql": {
            "listen": f"{HOST}:{one.ports[one.database]}",
            "connect_address": f"{HOST}:{one.links[f'{database}->{one.database}']}",
            "data_dir": str(folders.data(one.database)),
            "bin_dir": str(binaries),
            "pgpass": str(home(folders, one.manager) / "pgpass"),
            "authentication": dict.fromkeys(("superuser", "replication", "rewind"), login),
            "remove_data_directory_on_rewind_failure": True,
            "remove_data_directory_on_diverged_timelines": True,
            "parameters": {"unix_socket_directories": ""},
        },
    }


def hand_over(
    one: Managed,
    folders: RunFolders,
    binaries: Path,
    password: str,
    who: RunAsUser,
    shared: Mapping[str, object],
) -> None:
    """Leave a data folder to its Patroni.

    Args:
        shared: what the cluster agrees on, as `PATCH /config` would take it.
    """
    place, data = home(folders, one.manager), folders.data(one.database)
    place.parent.mkdir(exist_ok=True)
    place.parent.chmod(0o711)
    place.mkdir(mode=0o700)
    told = configuration(one, folders, binaries, password)
    write_private(place / "patroni.yml", json.dumps(told))  # JSON is YAML
    give(place, who)
    for name, text in ((AUTO_CONF, ""), (SHARED, json.dumps(shared))):
        (data / name).write_text(text)
        give(data / name, who)

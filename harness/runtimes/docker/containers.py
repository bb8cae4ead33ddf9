"""Each container of a run: what it may, what it gets, where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from harness.runtimes.docker.images import Images
from harness.runtimes.docker.plan import (
    DISK,
    DISK_BYTES,
    INSIDE_DATA,
    INSIDE_SERVER,
    MIB,
    Places,
    data_folder,
    owner,
    standby_of,
    state_folder,
    volume_name,
)
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.sites import TOXIPROXY
from harness.runtimes.real.standby import following
from harness.target import ServiceSpec

INSIDE_CONFIG = "/run/harness/service.json"
INSIDE_PGPASS = "/run/harness/pgpass"
INSIDE_STATE = "/run/harness/state"
# Chosen: a stand-in takes 29 MiB; the database's includes its volume, which is in memory.
MEMORY = {"program": 256 * MIB, "database": 512 * MIB, TOXIPROXY: 128 * MIB}
PIDS = 128  # chosen: PostgreSQL has 60 connections, a process each

# Toxiproxy dials one after the other, so whoever waits for a container that is gone holds up all.
# With these it gives up within 0.02 s, the first time after 1 s; without them after 3 s each time.
# Source: Linux, arp(7).
SOON_GONE = {
    "net.ipv4.neigh.eth0.base_reachable_time_ms": "100",
    "net.ipv4.neigh.eth0.delay_first_probe_time": "0",
    "net.ipv4.neigh.eth0.retrans_time_ms": "10",
    "net.ipv4.neigh.eth0.mcast_solicit": "1",
    "net.ipv4.neigh.eth0.ucast_solicit": "1",
}


class Spec(TypedDict, total=False):
    """Arguments of the SDK's `containers.create`; `network` and `address` place it."""

    name: str
    hostname: str
    network: str
    address: str
    image: str
    entrypoint: list[str]
    command: list[str]
    user: str
    environment: dict[str, str]
    volumes: dict[str, dict[str, str]]
    ports: dict[str, tuple[str, int]]
    read_only: bool
    tmpfs: dict[str, str]
    cap_drop: list[str]
    security_opt: list[str]
    sysctls: dict[str, str]
    mem_limit: int
    memswap_limit: int
    pids_limit: int
    log_config: dict[str, object]
    healthcheck: dict[str, list[str]]


def specs(
    places: Places, images: Images, folders: RunFolders, token: str, password: str
) -> dict[str, Spec]:
    """Arguments of `containers.create` for each program of the run."""
    made = {TOXIPROXY: _toxiproxy(places, images, folders, token)}
    for service in places.target.services:
        if service.name in places.composed:
            continue
        if service.is_database:
            peer = service.standby_of or standby_of(places.target, service.name)
            made[DISK] = _disk(places, images, folders, paired=bool(peer))
            made[service.name] = (
                _one_of_two(service, peer, places, images, folders)
                if peer
                else _database(service, places, images, folders, password)
            )
        else:
            made[service.name] = _program(service, places, images, folders, token)
    return made


def _common(program: str, places: Places, folders: RunFolders, memory: int) -> Spec:
    """No rights, no writing outside of /tmp, bounded memory and processes."""
    return {
        "name": f"{folders.run_id}.{program}",
        "hostname": program,
        "network": places.network,
        "address": places.address(program),
        "read_only": True,
        "tmpfs": {"/tmp": "size=16m"},  # noqa: S108 - inside the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": PIDS,
        "log_config": {"Type": "json-file", "Config": {"max-size": "4m", "max-file": "1"}},
        "healthcheck": {"test": ["NONE"]},  # the harness asks each by itself, and sooner
        "ports": _published(program, places),
    }


def _published(program: str, places: Places) -> dict[str, tuple[str, int]]:
    """Nothing in a run."""
    if program not in places.look:
        return {}
    return {f"{places.service_port(program)}/tcp": ("127.0.0.1", places.look[program])}


def _toxiproxy(places: Places, images: Images, folders: RunFolders, token: str) -> Spec:
    entry = places.link_port(places.target.entry)
    return {
        **_common(TOXIPROXY, places, folders, MEMORY[TOXIPROXY]),
        "image": images.toxiproxy,
        "sysctls": SOON_GONE,
        # It would log a line a connection otherwise.
        "environment": {"LOG_LEVEL": "error", "HARNESS_TOKEN": token},
        "ports": {
            **_published(TOXIPROXY, places),
            f"{entry}/tcp": ("127.0.0.1", places.entry_port),
        },
    }


def _program(
    service: ServiceSpec, places: Places, images: Images, folders: RunFolders, token: str
) -> Spec:
    files = {
        str(folders.config(f"{service.name}.json")): {"bind": INSIDE_CONFIG, "mode": "ro"},
        str(folders.config("pgpass")): {"bind": INSIDE_PGPASS, "mode": "ro"},
        str(state_folder(folders, service.name)): {"bind": INSIDE_STATE, "mode": "rw"},
    }
    return {
        **_common(service.name, places, folders, MEMORY["program"]),
        "image": images.programs,
        "command": ["python3", "-m", service.module],
        "user": "{}:{}".format(*owner()),
        "volumes": files,
        "environment": {
            "HARNESS_SERVICE_CONFIG": INSIDE_CONFIG,
            "PGPASSFILE": INSIDE_PGPASS,
            "HARNESS_TOKEN": token,
            "HARNESS_STATE": INSIDE_STATE,
        },
    }


def _volume(folders: RunFolders) -> dict[str, dict[str, str]]:
    return {volume_name(folders.run_id): {"bind": INSIDE_DATA, "mode": "rw"}}


def _disk(places: Places, images: Images, folders: RunFolders, *, paired: bool) -> Spec:
    """Holds the volume: its content, in memory, outlives a database that is killed.

    Of two databases: it has the data of both, for PostgreSQL's own programs.
    """
    own: Spec = _of_two(folders, data_folder(folders.run), INSIDE_DATA) if paired else {}
    return {
        **_common(DISK, places, folders, DISK_BYTES + 32 * MIB),
        "image": images.database,
        "entrypoint": ["sleep"],
        "command": ["infinity"],
        "volumes": _volume(folders),
        **own,
    }


def _of_two(folders: RunFolders, data: Path, inside: str) -> Spec:
    """What has the data of one of two databases, or of both."""
    return {
        "user": "{}:{}".format(*owner()),
        "volumes": {
            str(data): {"bind": inside, "mode": "rw"},
            str(folders.config("pgpass")): {"bind": INSIDE_PGPASS, "mode": "ro"},
        },
        "environment": {"PGPASSFILE": INSIDE_PGPASS},
    }


def _one_of_two(
    service: ServiceSpec, peer: str, places: Places, images: Images, folders: RunFolders
) -> Spec:
    """A database that follows the other one whenever it is a standby."""
    proxy, port = places.address(TOXIPROXY), places.link_port(f"{service.name}->{peer}")
    settings = following(service.name, f"host={proxy} port={port}", INSIDE_PGPASS)
    return {
        **_common(service.name, places, folders, MEMORY["database"]),
        "image": images.database,
        "command": [word for key, value in settings.items() for word in ("-c", f"{key}={value}")],
        **_of_two(folders, data_folder(folders.run) / service.name, INSIDE_SERVER),
    }


def _database(
    service: ServiceSpec, places: Places, images: Images, folders: RunFolders, password: str
) -> Spec:
    return {
        **_common(service.name, places, folders, MEMORY["database"]),
        "image": images.database,
        "volumes": _volume(folders),
        "environment": {"HARNESS_PASSWORD": password},
    }

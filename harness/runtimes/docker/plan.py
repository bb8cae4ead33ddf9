"""What a run in containers will consist of, written down before anything is started.

this machine ── addresses of the run's network ──> every container    load, canaries, control
browser ── 127.0.0.1:PORT ──> toxiproxy ── its link ──> lending       one published port, to look
lending ── toxiproxy's address, port of the link ──> toxiproxy ── its address:8000 ──> payment_a

The load does not enter by the published port: the engine's forwarder takes every connection
there and then closes it, so that a link that is down would look like one that was cut.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.runtimes.recovery import write_private
from harness.runtimes.sockets import PG_DATABASE, PG_USER
from harness.target import LinkSpec, ServiceSpec, Target

TOXIPROXY = "toxiproxy"
DISK = "disk"
DATABASE_KIND = "database"
ANY = "0.0.0.0"  # noqa: S104 - inside a container: every address of its own network
SERVICE_PORT, DATABASE_PORT, API_PORT, LINKS_FROM = 8000, 5432, 8474, 20_000
INSIDE_DATA = "/var/lib/harness"
IMAGE_USER = 10_001  # the user of our images; compose/Dockerfile makes it
MIB = 2**20
DISK_BYTES = 256 * MIB  # chosen: four times what a run writes


@dataclass(frozen=True)
class Places:
    """Who is where: addresses in the run's network, ports, the published one.

    Args:
        network: name of the network.
        subnet: its addresses; the first is the machine's own.
        target: gives services and links, in their order.
        entry_port: of 127.0.0.1, for the load.
    """

    network: str
    subnet: ipaddress.IPv4Network
    target: Target
    entry_port: int

    def address(self, program: str) -> str:
        """Address of a container."""
        names = [TOXIPROXY, DISK, *(service.name for service in self.target.services)]
        return str(self.subnet[2 + names.index(program)])

    def service_port(self, service: str) -> int:
        """Port at which a service listens in its container."""
        spec = next(one for one in self.target.services if one.name == service)
        return DATABASE_PORT if spec.kind == DATABASE_KIND else SERVICE_PORT

    def link_port(self, link: str) -> int:
        """Port at which Toxiproxy listens for a link."""
        return LINKS_FROM + [one.name for one in self.target.links].index(link)


class ContainerWiring:
    """`Wiring`: the addresses that the services of a run are told.

    Args:
        t0_ns: zero of the services' clock; containers share the machine's monotonic clock.
        seed: of the run.
        design: of the target, plain data.
        places: who is where.
    """

    def __init__(self, t0_ns: int, seed: int, design: Mapping[str, Any], places: Places) -> None:
        """Remember them."""
        self.t0_ns = t0_ns
        self.seed = seed
        self.design = design
        self._places = places

    def listen(self, service: str) -> tuple[str, int]:
        """Host and port on which `service` listens, inside its container."""
        return ANY, self._places.service_port(service)

    def through(self, link: str) -> tuple[str, int]:
        """Host and port at which the caller of `link` reaches the callee."""
        return self._places.address(TOXIPROXY), self._places.link_port(link)

    def database(self, link: str) -> Mapping[str, Any]:
        """host, port, user and database; the password is in the file that PGPASSFILE names."""
        host, port = self.through(link)
        return {"host": host, "port": port, "user": PG_USER, "database": PG_DATABASE}


@dataclass(frozen=True)
class Folders:
    """Where a run keeps its things.

    Args:
        run_id: unique.
        run: configuration, logs, recovery state.
    """

    run_id: str
    run: Path

    @property
    def recovery(self) -> Path:
        """What other processes need."""
        return self.run / "recovery.json"

    @property
    def token(self) -> Path:
        """The control token, for nobody else's eyes."""
        return self.run / "token"

    def log(self, program: str) -> Path:
        """The log of a program."""
        return self.run / "logs" / f"{program}.log"

    def config(self, name: str) -> Path:
        """A private file of a program."""
        return self.run / "config" / name


def mark_of(run_id: str, token: str) -> str:
    """What everything of the run carries: nobody else's, and no secret."""
    return f"{run_id}.{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def owner() -> tuple[int, int]:
    """User and group of our programs in containers: they must be able to read our files.

    Never root: root's files are handed to the user of the image.
    """
    if os.geteuid() == 0:
        return IMAGE_USER, IMAGE_USER
    return os.geteuid(), os.getegid()


def write_configs(target: Target, wiring: ContainerWiring, folders: Folders, password: str) -> None:
    """Write what the services read, for nobody else's eyes."""
    files = {"pgpass": f"*:*:*:{PG_USER}:{password}\n"}
    for service in target.services:
        if service.module:
            document = target.config(service.name, wiring)
            files[f"{service.name}.json"] = json.dumps(document, indent=1)
    for name, text in files.items():
        write_private(folders.config(name), text)
        if os.geteuid() == 0:
            os.chown(folders.config(name), *owner())


def service_entry(service: ServiceSpec, places: Places) -> dict[str, Any]:
    """What must be known of a service to ask it something."""
    return {
        "address": f"{places.address(service.name)}:{places.service_port(service.name)}",
        "protocol": "postgres" if service.kind == DATABASE_KIND else "http",
        "kind": service.kind,
        "ready_path": service.ready_path,
        "scripted": service.scripted,
    }


def link_entry(link: LinkSpec, run_id: str, places: Places) -> dict[str, Any]:
    """Addresses and wanted state of a link; the proxy's name says whose it is.

    Addresses, no names: the engine lets the name of a container that is gone hang for ten seconds.
    """
    port = places.service_port(link.callee)
    return {
        "proxy": f"{run_id}:{link.name}",
        "listen": f"{places.address(TOXIPROXY)}:{places.link_port(link.name)}",
        "upstream": f"{places.address(link.callee)}:{port}",
        "caller": link.caller,
        "callee": link.callee,
        "protocol": link.protocol,
        "enabled": True,
        "toxics": [],
    }


def document(places: Places, folders: Folders, token: str) -> dict[str, Any]:
    """The recovery state of a run: what another process needs to heal and to end it."""
    target = places.target
    return {
        "run_id": folders.run_id,
        "mark": mark_of(folders.run_id, token),
        "run_dir": str(folders.run),
        "recovery_file": str(folders.recovery),
        "token_file": str(folders.token),
        "work_dir": str(folders.run / "work"),
        "network": places.network,
        "api": f"{places.address(TOXIPROXY)}:{API_PORT}",
        "entry": f"127.0.0.1:{places.entry_port}",
        "services": {one.name: service_entry(one, places) for one in target.services},
        "links": {one.name: link_entry(one, folders.run_id, places) for one in target.links},
        "processes": [],
        "group": 0,
    }


def volume_name(run_id: str) -> str:
    """The volume of the database."""
    return f"{run_id}.data"

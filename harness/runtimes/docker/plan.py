"""What a run in containers will consist of, written down before anything is started.

this machine ── addresses of the run's network ──> every container    load, canaries, control
browser ── 127.0.0.1:PORT ──> toxiproxy ── its link ──> lending       one published port, to look
lending ── toxiproxy's address, port of the link ──> toxiproxy ── its address:8000 ──> payment_a

The load does not enter by the published port: the engine's forwarder takes every connection
there and then closes it, so that a link that is down would look like one that was cut.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.private import write_private
from harness.runtimes.real.document import (
    DATABASE_KIND,
    RunFolders,
    identity,
    link_entry,
    service_entry,
)
from harness.runtimes.real.sites import TOXIPROXY as TOXIPROXY
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.target import LinkSpec, ServiceSpec, Target

DISK = "disk"
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
        entry_port: of 127.0.0.1, for the entry of the target.
        look: of 127.0.0.1, for the port of each program; of a system that people look at.
    """

    network: str
    subnet: ipaddress.IPv4Network
    target: Target
    entry_port: int
    look: Mapping[str, int] = field(default_factory=dict)

    def address(self, program: str) -> str:
        """Address of a container."""
        names = [TOXIPROXY, DISK, *(service.name for service in self.target.services)]
        return str(self.subnet[2 + names.index(program)])

    def service_port(self, service: str) -> int:
        """Port at which a service, or Toxiproxy for orders, listens in its container."""
        if service == TOXIPROXY:
            return API_PORT
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


def owner() -> tuple[int, int]:
    """User and group of our programs in containers: they must be able to read our files.

    Never root: root's files are handed to the user of the image.
    """
    if os.geteuid() == 0:
        return IMAGE_USER, IMAGE_USER
    return os.geteuid(), os.getegid()


def state_folder(folders: RunFolders, service: str) -> Path:
    """Where a service keeps what outlives its container."""
    return folders.run / "work" / "state" / service


def write_configs(
    target: Target, wiring: ContainerWiring, folders: RunFolders, password: str
) -> None:
    """Write what the services read, for nobody else's eyes."""
    files = {"pgpass": f"*:*:*:{PG_USER}:{password}\n"}
    for service in target.services:
        if service.module:
            document = target.config(service.name, wiring)
            files[f"{service.name}.json"] = json.dumps(document, indent=1)
            folder = state_folder(folders, service.name)
            folder.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(folder, *owner())
    for name, text in files.items():
        write_private(folders.config(name), text)
        if os.geteuid() == 0:
            os.chown(folders.config(name), *owner())


def _service(service: ServiceSpec, places: Places) -> dict[str, Any]:
    address = f"{places.address(service.name)}:{places.service_port(service.name)}"
    return service_entry(service, address)


def _link(link: LinkSpec, run_id: str, places: Places) -> dict[str, Any]:
    """Addresses, no names: the engine lets the name of a container that is gone hang for 10 s."""
    listen = f"{places.address(TOXIPROXY)}:{places.link_port(link.name)}"
    upstream = f"{places.address(link.callee)}:{places.service_port(link.callee)}"
    return link_entry(link, run_id, listen, upstream)


def document(places: Places, folders: RunFolders, token: str, owner: str) -> dict[str, Any]:
    """The recovery state of a run: what another process needs to heal and to end it."""
    target = places.target
    return {
        **identity(folders, token, owner),
        "network": places.network,
        "api": f"{places.address(TOXIPROXY)}:{API_PORT}",
        "entry": f"127.0.0.1:{places.entry_port}",
        "look": {program: f"127.0.0.1:{port}" for program, port in places.look.items()},
        "services": {one.name: _service(one, places) for one in target.services},
        "links": {one.name: _link(one, folders.run_id, places) for one in target.links},
        "processes": [],
        "group": 0,
    }


def volume_name(run_id: str) -> str:
    """The volume of the database."""
    return f"{run_id}.data"

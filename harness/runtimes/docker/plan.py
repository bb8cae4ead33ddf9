"""What a run in containers will consist of, written down before anything is started.

this machine ── addresses of the run's network ──> every container    load, canaries, control
browser ── 127.0.0.1:PORT ──> toxiproxy ── its link ──> lending       one published port, to look
lending ── toxiproxy's address, port of the link ──> toxiproxy ── its address:8000 ──> payment_a

The load does not enter by the published port: the engine's forwarder takes every connection
there and then closes it, so that a link that is down would look like one that was cut.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from harness.foreign import Composed
from harness.runtimes.real.document import DATA, RunFolders, programs_entry
from harness.runtimes.real.sites import TOXIPROXY
from harness.runtimes.real.wiring import RealWiring, write_configs
from harness.target import Target

DISK = "disk"
ANY = "0.0.0.0"  # noqa: S104 - inside a container: every address of its own network
SERVICE_PORT, DATABASE_PORT, API_PORT, LINKS_FROM = 8000, 5432, 8474, 20_000
INSIDE_DATA = "/var/lib/harness"
INSIDE_SERVER = f"{INSIDE_DATA}/data"  # of one server; compose/database/start.sh
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

    @property
    def composed(self) -> Mapping[str, Composed]:
        """Programs that are services of a compose file."""
        found: Mapping[str, Composed] = getattr(self.target, "composed", {})
        return found

    def wiring(self, t0_ns: int, seed: int, design: Mapping[str, object]) -> RealWiring:
        """Addresses as programs in containers are told them."""
        proxy = self.address(TOXIPROXY)
        listens = {one.name: (ANY, self.service_port(one.name)) for one in self.target.services}
        links = {one.name: (proxy, self.link_port(one.name)) for one in self.target.links}
        return RealWiring(t0_ns, seed, design, listens, links)

    def address(self, program: str) -> str:
        """Address of a container."""
        names = [TOXIPROXY, DISK, *(service.name for service in self.target.services)]
        return str(self.subnet[2 + names.index(program)])

    def service_port(self, service: str) -> int:
        """Port at which a service, or Toxiproxy for orders, listens in its container."""
        if service == TOXIPROXY:
            return API_PORT
        if service in self.composed:
            return self.composed[service].port
        spec = next(one for one in self.target.services if one.name == service)
        return DATABASE_PORT if spec.is_database else SERVICE_PORT

    def link_port(self, link: str) -> int:
        """Port at which Toxiproxy listens for a link; that of the callee, where the caller knows
        no other."""
        for one in self.composed.values():
            if link in one.calls:
                return one.calls[link][1]
        return LINKS_FROM + [one.name for one in self.target.links].index(link)


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


def data_folder(run_dir: Path) -> Path:
    """Where databases of which one follows the other keep their data, each in a folder of its own:
    one is wound back while neither of them runs, and both are copies of one."""
    return run_dir / "work" / DATA


def standby_of(target: Target, database: str) -> str:
    """The database that follows this one to begin with; "" without."""
    return next((one.name for one in target.services if one.standby_of == database), "")


def write_files(
    places: Places,
    t0_ns: int,
    seed: int,
    design: Mapping[str, object],
    folders: RunFolders,
    password: str,
) -> None:
    """Write what the services read; containers share the machine's monotonic clock."""
    wiring = places.wiring(t0_ns, seed, design)
    made = write_configs(places.target, wiring, folders, password, partial(state_folder, folders))
    for path in made if os.geteuid() == 0 else []:
        os.chown(path, *owner())


def document(places: Places, run_id: str) -> dict[str, object]:
    """What is on record of a run's containers.

    Addresses, no names: the engine lets the name of a container that is gone hang for 10 s.
    """
    target, proxy = places.target, places.address(TOXIPROXY)
    services = {
        one.name: f"{places.address(one.name)}:{places.service_port(one.name)}"
        for one in target.services
    }
    links = {one.name: f"{proxy}:{places.link_port(one.name)}" for one in target.links}
    return {
        **programs_entry(target, run_id, f"{proxy}:{API_PORT}", services, links),
        "network": places.network,
        "entry": f"127.0.0.1:{places.entry_port}",
        "look": {program: f"127.0.0.1:{port}" for program, port in places.look.items()},
    }


def volume_name(run_id: str) -> str:
    """The volume of the database."""
    return f"{run_id}.data"

"""The network of the simulation: addresses, links between services, and who asks whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.errors import UnsupportedFault
from harness.rng import Dice
from harness.runtimes.sim.host import GONE, Host
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.messages import Ask, Reply
from harness.runtimes.sim.wire import Wire, lose
from harness.target import LinkSpec

HOST = "127.0.0.1"  # nobody listens there: addresses of the simulation are names
SERVICES_FROM, LINKS_FROM = 1_000, 2_000
Address = tuple[str, int]


@dataclass
class SimWiring:
    """Addresses of a run (`harness.target.Wiring`)."""

    t0_ns: int
    seed: int
    design: Mapping[str, object]
    services: Mapping[str, int]
    links: Mapping[str, int]

    def listen(self, service: str) -> Address:
        """Where a service listens."""
        return HOST, self.services[service]

    def through(self, link: str) -> Address:
        """Where the caller of a link reaches the callee."""
        return HOST, self.links[link]

    def database(self, link: str) -> Mapping[str, object]:
        """Where the service finds its store."""
        return {"host": HOST, "port": self.links[link], "user": "sim", "database": "sim"}


def ports(names: Iterable[str], first: int) -> dict[str, int]:
    """A port for each name."""
    return {name: first + number for number, name in enumerate(names)}


class Network:
    """Services and links.

    Args:
        travel_s: how long a message takes on a link in order, each way.
    """

    def __init__(self, loop: SimLoop, hosts: Iterable[Host], travel_s: float) -> None:
        self.loop = loop
        self.hosts = {host.name: host for host in hosts}
        self.service_ports = ports(self.hosts, SERVICES_FROM)
        self.wires: dict[str, Wire] = {}
        self.link_ports: dict[str, int] = {}
        self._at: dict[int, Host | Wire] = {
            port: self.hosts[name] for name, port in self.service_ports.items()
        }
        self._travel_s = travel_s

    def lay(self, links: Iterable[LinkSpec], dice: Dice, kind: type[Wire] = Wire) -> None:
        """Lay the links of a target."""
        for spec in links:
            callee = self.host(spec.callee)
            self.wires[spec.name] = kind(spec.name, callee, self.loop, dice, self._travel_s)
        self.link_ports = ports(self.wires, LINKS_FROM)
        self._at.update({port: self.wires[name] for name, port in self.link_ports.items()})

    def host(self, name: str) -> Host:
        """A service.

        Raises:
            UnsupportedFault: there is none of that name; says which there are.
        """
        if name not in self.hosts:
            raise UnsupportedFault(
                f"no service {name!r} in this run; it has {', '.join(self.hosts)}"
            )
        return self.hosts[name]

    def end(self, host: str, port: int) -> Host | Wire:
        """What is at an address.

        Raises:
            ConnectionRefusedError: nothing is.
        """
        if host != HOST or port not in self._at:
            raise ConnectionRefusedError(f"nobody is at {host}:{port} in this simulation")
        return self._at[port]

    async def send(self, to: Host | Wire, ask: Ask, timeout_s: float) -> Reply:
        """Send a request and wait for the whole reply.

        Raises:
            ConnectionRefusedError: nothing was sent.
            TimeoutError, ConnectionResetError: perhaps it was, and no whole reply came.
        """
        outcome: asyncio.Future[Reply] = self.loop.create_future()
        if isinstance(to, Wire):
            to.begin(ask, outcome)
        else:
            _directly(to, ask, outcome)
        self.loop.limit(outcome, timeout_s)
        return await outcome


def _directly(host: Host, ask: Ask, outcome: asyncio.Future[Reply]) -> None:
    if host.state == GONE:
        raise ConnectionRefusedError(f"{host.name} does not run")

    def done(reply: Reply | None) -> None:
        if reply is None:
            lose(outcome, ConnectionResetError(f"{host.name} closed the connection"))
        elif not outcome.done():
            outcome.set_result(reply)

    host.take(ask, done)

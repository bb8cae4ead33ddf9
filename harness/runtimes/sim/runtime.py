"""The runtime `sim`: a target in one process, in virtual time. One seed, one history.

    target ──> a host a service, a wire a link ──> network <── load, canaries, last reads
                                                      ↑
    faults ──> controls ──────────────────────────────┘

Nothing of it outlives this process, so nobody else ever has to heal it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any

from harness.clock import Clock
from harness.errors import RuntimeFailure, UnsupportedFault
from harness.json_types import JsonObject
from harness.people import People
from harness.ports import Capability, Exit
from harness.rng import Seed
from harness.runtimes.entries import entries
from harness.runtimes.sim.calls import Talk
from harness.runtimes.sim.clock import VirtualClock
from harness.runtimes.sim.controls import SimLinks, SimProcesses, SimStandIns, start
from harness.runtimes.sim.handlers import Hands
from harness.runtimes.sim.host import Host
from harness.runtimes.sim.lifecycle import SimLifecycle
from harness.runtimes.sim.load import SimLoad
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.network import Network, SimWiring
from harness.runtimes.sim.pair import is_pair
from harness.runtimes.sim.replication import SimReplication
from harness.runtimes.sim.service_context import find_factory
from harness.runtimes.sim.wire import Wire
from harness.target import Answer, Request, ServiceSpec, Target, entry_links
from harness.workload import Load, LoadPlan, Sink

TRAVEL_S = 0.0004  # chosen: one way over loopback and through a proxy
FIRST_PID = 100  # of services; each life has a number of its own
PIDS = 100
UP_S = 1.0  # chosen: services are up for so long before the load; the two clocks differ by it


class SimRuntime:
    """Runs a target in this process (`harness.ports.Runtime`); needs the loop of the simulation.

    Args:
        seed: of the run.
        token: for the control routes of the stand-ins.
    """

    name = "sim"

    def __init__(self, seed: int, token: str) -> None:
        """Nothing is started yet."""
        self.seed = seed
        self._token = token
        self._clock = VirtualClock(lambda: asyncio.get_running_loop().time())
        self.clock: Clock = self._clock
        self.service_offset_s = 0.0
        self._target: Target | None = None
        self._talk: Talk | None = None
        self._controls: dict[Capability, object] = {}

    async def start(self, target: Target, design: Mapping[str, object]) -> None:
        """Start every service after those that it needs.

        Raises:
            RuntimeFailure: the loop is another one, or a service did not start.
            ConfigError: the target does not say how a service is built in process.
        """
        loop = asyncio.get_running_loop()
        if not isinstance(loop, SimLoop):
            raise RuntimeFailure("the runtime sim needs its own loop; use harness.runtimes.sim.run")
        disk: dict[str, object] = {}
        network = build(loop, target, design, self.seed, self._token, TRAVEL_S, disk=disk)
        self._target = target
        self._clock.time = loop.time
        self._talk = Talk(network, target, self.clock, self._token)
        processes = SimProcesses(network, self._talk)
        self._controls = {
            Capability.LINKS: SimLinks(network, self._talk),
            Capability.PEOPLE: People(self.clock),
            Capability.PROCESSES: processes,
            Capability.LIFECYCLE: SimLifecycle(network, self._talk),
            Capability.UPSTREAMS: SimStandIns(self._talk, processes),
            Capability.REPLICATION: SimReplication(disk, self._talk, processes),
        }
        for service in in_order(target.services):
            await start(network.host(service.name), self._talk)
        await self.clock.sleep(UP_S - self.clock.now_s())

    async def stop(self, *, at_once: bool = False) -> list[str]:
        """End everything; there is nothing that could be left."""
        if self._talk is not None:
            for host in self._talk.network.hosts.values():
                host.kill()
                await host.buried()
        return []

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`: links, processes, people, upstreams, replication.

        Raises:
            UnsupportedFault: another one; says what there is.
        """
        if capability not in self._controls:
            raise UnsupportedFault(
                f"the runtime sim has no power over {str(capability)!r}; "
                f"it has {', '.join(self._controls)}"
            )
        return self._controls[capability]

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """Start the load; the run clock's zero is now."""
        talk, target = self._running()
        wires = [talk.network.wires[link] for link in entry_links(target)]
        self._clock.zero_s = self.service_offset_s = asyncio.get_running_loop().time()
        exchanges = [partial(talk.ask, wire, closes=True) for wire in wires]
        others = {
            name: partial(talk.ask, talk.network.wires[link], closes=True)
            for name, link in entries(target).items()
        }
        return SimLoad(plan, target, self.clock, exchanges, sink, others)

    async def ask(self, service: str, request: Request) -> Answer:
        """The harness's own request, straight to the service, past every link."""
        return await self._running()[0].own(service, request)

    def unasked_exits(self) -> list[Exit]:
        """Services that ended themselves since the last time this was asked."""
        hosts = self._talk.network.hosts.values() if self._talk else ()
        found = [one for host in hosts for one in host.exits]
        for host in hosts:
            host.exits.clear()
        return found

    def recovery_state(self) -> JsonObject:
        """Nothing: another process has nothing to heal."""
        return {}

    def _running(self) -> tuple[Talk, Target]:
        if self._talk is None or self._target is None:
            raise RuntimeFailure("the simulation is not started")
        return self._talk, self._target


def build(
    loop: SimLoop,
    target: Target,
    design: Mapping[str, object],
    seed: int,
    token: str,
    travel_s: float,
    wires: type[Wire] = Wire,
    disk: MutableMapping[str, object] | None = None,
) -> Network:
    """The network of a target; no service is started.

    Args:
        disk: what outlives every service; an empty one without it.

    Raises:
        ConfigError: the target does not say how a service is built in process.
    """
    makers: dict[str, object] = {}
    kept: MutableMapping[str, object] = {} if disk is None else disk
    hosts = [
        Host(service.name, loop, _lazily(makers, service), FIRST_PID + PIDS * number)
        for number, service in enumerate(target.services)
    ]
    for host in hosts:
        host.on_kill = partial(_recover, kept, host.name)
    network = Network(loop, hosts, travel_s)
    network.lay(target.links, Seed(seed).stream("sim/links"), wires)
    wiring = SimWiring(0, seed, design, network.service_ports, network.link_ports)
    hands = Hands(network, VirtualClock(loop.time), seed, token, kept)
    for service in target.services:
        if service.module or service.simulated:
            factory = find_factory(service.name, service.simulated)
            makers[service.name] = partial(hands.make, factory, target.config(service.name, wiring))
    return network


def _recover(disk: Mapping[str, object], name: str) -> None:
    """A database that was killed shows what its log has, once it is back."""
    pair = disk.get(name)
    if is_pair(pair):
        pair.recover()


def _lazily(makers: JsonObject, service: ServiceSpec) -> Any:
    """The maker of a service's application, known once all addresses are."""
    built = service.module or service.simulated
    return (lambda home: makers[service.name](home)) if built else None


def in_order(services: tuple[ServiceSpec, ...]) -> list[ServiceSpec]:
    """Services, each after those that it needs."""
    left, ready = list(services), dict[str, ServiceSpec]()
    while left:
        can = [service for service in left if all(need in ready for need in service.needs)]
        if not can:
            names = ", ".join(service.name for service in left)
            raise RuntimeFailure(f"services that need one another cannot start: {names}")
        ready.update({service.name: service for service in can})
        left = [service for service in left if service.name not in ready]
    return list(ready.values())

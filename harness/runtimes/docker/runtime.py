"""The runtime `docker`: starts a target in containers, and ends it without a trace.

write recovery.json ─> network ─┬─> Toxiproxy ─> proxies of all links ─┬─> services, each
                                └─> volume ─> PostgreSQL ──────────────┘   after its needs
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import RuntimeFailure
from harness.ports import Capability
from harness.private import write_private
from harness.rng import fresh_token
from harness.runtimes.docker import containers, plan
from harness.runtimes.docker.checking import check
from harness.runtimes.docker.cleanup import end_run
from harness.runtimes.docker.controls import controls_of
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.site import Site
from harness.runtimes.docker.subnets import RANGE, VARIABLE, subnets
from harness.runtimes.real.document import DATABASE_KIND, RunFolders, mark_of
from harness.runtimes.real.loopback import take_ports
from harness.runtimes.real.runtime import RealRuntime
from harness.target import ServiceSpec, Target


class DockerRuntime(RealRuntime[Site]):
    """Runs a target in containers of this machine's engine (`harness.ports.Runtime`).

    Containers share the machine's monotonic clock and are reached at their addresses in the run's
    network, so the engine must run on this very machine.

    Args:
        run_id: unique; containers, network and volume bear it.
        run_dir: what stays of the run: logs, configuration, recovery.json.
        seed: of the run.
        token: for the control routes of the stand-ins.
        images: what to run.
        python: interpreter for the load.
        look: publish every program on 127.0.0.1, for people.
    """

    name = "docker"

    def __init__(
        self,
        run_id: str,
        run_dir: Path,
        seed: int,
        token: str,
        images: Images,
        *,
        python: str = sys.executable,
        look: bool = False,
    ) -> None:
        """Nothing is started yet."""
        folders = RunFolders(run_id, run_dir.absolute())
        super().__init__(run_id, seed, token, folders, python, check, look=look)
        self._images = images
        self._look = look

    async def _start(self, target: Target, design: Mapping[str, Any]) -> None:
        self._folders.make()
        write_private(self._folders.token, self._token)
        places = await self._take_network(target)
        password = fresh_token()
        wiring = plan.ContainerWiring(self.service_t0_ns, self.seed, design, places)
        plan.write_configs(target, wiring, self._folders, password)
        specs = containers.specs(places, self._images, self._folders, self._token, password)
        site = self._site = self._attach(places)
        links = asyncio.Event()
        ready = {service.name: asyncio.Event() for service in target.services}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_links(site, specs, links))
            for service in target.services:
                group.create_task(self._start_service(site, service, specs, links, ready))

    async def _take_network(self, target: Target) -> plan.Places:
        """Find a free subnet and a free port.

        The recovery state is on disk before the network exists: it is found by its label then.
        """
        programs = [plan.TOXIPROXY, *(s.name for s in target.services)] if self._look else []
        self._block = take_ports(1 + len(programs))
        entry, *others = self._block.ports
        look = dict(zip(programs, others, strict=True))
        name, tried = f"{self.run_id}.network", list(subnets(self.run_id))
        engine = Engine(mark_of(self.run_id, self._token), owner=self._owner)
        try:
            for subnet in tried:
                places = plan.Places(name, subnet, target, entry, look)
                self._write(places)
                if await engine.make_network(name, str(subnet)):
                    return places
        finally:
            engine.close()
        raise RuntimeFailure(
            f"no free subnet for the run's network: {len(tried)} tried, {tried[0]} .. {tried[-1]}; "
            "end other runs (harness faults list), remove networks that nobody needs (docker "
            f"network prune), or set {VARIABLE} to another range than {RANGE}"
        )

    def _write(self, places: plan.Places) -> None:
        clocks = {"service_t0_ns": self.service_t0_ns, "clock_t0_ns": self._clock.t0_ns}
        document = plan.document(places, self._folders, self._token, self._owner)
        self._recovery.create({**document, **clocks})

    def _attach(self, places: plan.Places) -> Site:
        return Site(self._recovery, self.clock, places.target)

    async def _start_links(
        self, site: Site, specs: Mapping[str, Mapping[str, Any]], done: asyncio.Event
    ) -> None:
        await site.engine.make_container(plan.TOXIPROXY, specs[plan.TOXIPROXY])
        await site.toxiproxy_ready()
        await site.links.populate()
        done.set()

    async def _start_service(
        self,
        site: Site,
        service: ServiceSpec,
        specs: Mapping[str, Mapping[str, Any]],
        links: asyncio.Event,
        ready: Mapping[str, asyncio.Event],
    ) -> None:
        if service.kind == DATABASE_KIND:
            volume = plan.volume_name(self.run_id)
            await site.engine.make_volume(volume, plan.DISK_BYTES, plan.IMAGE_USER)
            await site.engine.make_container(plan.DISK, specs[plan.DISK])
        else:
            await links.wait()
        for need in service.needs:
            await ready[need].wait()
        await site.engine.make_container(service.name, specs[service.name])
        await site.ready(service.name)
        ready[service.name].set()

    async def stop(self) -> list[str]:
        """End everything; may be called again.

        Returns:
            what could not be ended or removed; empty when clean.
        """
        site, self._site = self._site, None
        left: list[str] = []
        if site is None and self._block is not None and self._recovery.path.exists():
            site = Site(self._recovery, self.clock)  # it failed between network and site
        if site is not None:
            try:
                left = await end_run(site.recovery.read(), site.engine, site.clock)
            finally:
                await site.close()
        self._release()
        return left

    def _controls(self, site: Site) -> Mapping[Capability, Any]:
        return controls_of(site)

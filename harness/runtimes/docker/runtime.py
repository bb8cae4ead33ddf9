"""The runtime `docker`: starts a target in containers, and ends it without a trace.

write recovery.json ─> network ─┬─> Toxiproxy ─> proxies of all links ─┬─> services, each
                                └─> volume ─> PostgreSQL ──────────────┘   after its needs
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from harness.clock import NS, Clock, RunClock, monotonic_ns
from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.ports import Capability
from harness.rng import fresh_token
from harness.runtimes.docker import containers, plan
from harness.runtimes.docker.cleanup import end_run
from harness.runtimes.docker.controls import CAPABILITIES, controls_of, pick
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.site import Site
from harness.runtimes.docker.subnets import RANGE, TRIES, VARIABLE, subnets
from harness.runtimes.loopback import PortBlock, take_ports
from harness.runtimes.procs import MARK, PROGRAM, clean_env, identify
from harness.runtimes.recovery import RecoveryFile, write_private
from harness.runtimes.sockets import TOKEN_HEADER, send
from harness.target import Answer, Request, ServiceSpec, Target
from harness.workload import Load, LoadPlan, Sink

LOAD = "load"
LOAD_MODULE = "harness.load.locust_process"  # by name: load and runtimes are strangers
AHEAD_NS = 100_000_000  # chosen: the load has this long to take note of the zero


class DockerRuntime:
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
    """

    name = "docker"
    deterministic = False
    capabilities = CAPABILITIES

    def __init__(
        self,
        run_id: str,
        run_dir: Path,
        seed: int,
        token: str,
        images: Images,
        *,
        python: str = sys.executable,
    ) -> None:
        """Nothing is started yet."""
        self.run_id = run_id
        self.seed = seed
        self.service_t0_ns = monotonic_ns()
        self._clock = RunClock(self.service_t0_ns)
        self.clock: Clock = self._clock
        self.service_offset_s = 0.0
        self._token = token
        self._images = images
        self._folders = plan.Folders(run_id, run_dir.absolute())
        self._python = python
        self._recovery = RecoveryFile(self._folders.recovery)
        self._block: PortBlock | None = None
        self._site: Site | None = None
        self._entry = ""

    async def start(self, target: Target, design: Mapping[str, Any]) -> None:
        """Start everything and wait until it is ready; on failure nothing is left.

        Raises:
            RuntimeFailure: no subnet or port is free, an image is missing, a container ended or
                was not ready in time.
        """
        try:
            await self._start(target, design)
        except BaseExceptionGroup as group:
            await asyncio.shield(self.stop())
            raise group.exceptions[0] from None
        except BaseException:
            await asyncio.shield(self.stop())
            raise

    async def _start(self, target: Target, design: Mapping[str, Any]) -> None:
        self._make_folders(target)
        self._entry = target.entry
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

    def _make_folders(self, target: Target) -> None:
        folders = self._folders
        for folder in (folders.log("x").parent, folders.config("x").parent):
            folder.mkdir(parents=True, exist_ok=True)
        folders.config("x").parent.chmod(0o700)
        write_private(folders.token, self._token)
        if target.entry not in (links := [link.name for link in target.links]):
            raise ConfigError(
                Problem(f"entry {target.entry!r} of the target is no link", "", ", ".join(links))
            )

    async def _take_network(self, target: Target) -> plan.Places:
        """Find a free subnet and a free port.

        The recovery state is on disk before the network exists: it is found by its label then.
        """
        self._block = take_ports(self.run_id, 1)
        name = f"{self.run_id}.network"
        engine = Engine(plan.mark_of(self.run_id, self._token))
        try:
            for subnet in subnets(self.run_id):
                places = plan.Places(name, subnet, target, self._block.ports[0])
                self._write(places)
                if await engine.make_network(name, str(subnet)):
                    return places
        finally:
            engine.close()
        raise RuntimeFailure(
            f"no free subnet for the run's network: {TRIES} tried in {RANGE}; "
            f"end other runs (harness faults list), or set {VARIABLE} to a range of your own"
        )

    def _write(self, places: plan.Places) -> None:
        clocks = {"service_t0_ns": self.service_t0_ns, "clock_t0_ns": self._clock.t0_ns}
        self._recovery.write({**plan.document(places, self._folders, self._token), **clocks})

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
        if service.kind == plan.DATABASE_KIND:
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
                left = await end_run(site)
            finally:
                await site.close()
        if self._block is not None:
            self._block.release()
            self._block = None
        return left

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: another one; says what there is.
        """
        return pick(controls_of(self._running()), capability)

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """Start the load on this machine; the run clock's zero is its first possible arrival."""
        state = self._running().recovery.read()
        load: Any = await importlib.import_module(LOAD_MODULE).start(
            plan,
            base_url=f"http://{state['links'][self._entry]['listen']}",
            sink=sink,
            clock_zero=self._set_zero,
            log_path=self._folders.log(LOAD),
            python=self._python,
            env={**clean_env(), MARK: state["mark"], PROGRAM: LOAD},
            process_group=0,
        )
        if proc := identify(load.pid, LOAD):
            self._recovery.change(lambda state: state["processes"].append(vars(proc)))
        return cast(Load, load)

    def _set_zero(self) -> int:
        """Let the run clock begin a moment from now."""
        self._clock.t0_ns = monotonic_ns() + AHEAD_NS
        self.service_offset_s = (self._clock.t0_ns - self.service_t0_ns) / NS
        self._recovery.change(lambda state: state.update(clock_t0_ns=self._clock.t0_ns))
        return self._clock.t0_ns

    async def ask(self, service: str, request: Request) -> Answer:
        """The harness's own request, straight to the service, past every link.

        The token goes along to the control routes of stand-ins only.
        """
        site = self._running()
        entry = site.service(service)
        control = entry["scripted"] and request.path.startswith("/_")
        headers = {TOKEN_HEADER: self._token} if control else {}
        return await send(site.client, f"http://{entry['address']}", request, headers)

    def recovery_state(self) -> Mapping[str, Any]:
        """Plain data for `attach`, `end_processes` and `alive`, in any process."""
        return self._recovery.read()

    def _running(self) -> Site:
        if self._site is None:
            raise RuntimeFailure(f"run {self.run_id} is not started, or was stopped")
        return self._site

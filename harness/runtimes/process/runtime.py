"""The runtime `process`: starts a target on this machine, and ends it without a trace.

take ports ─> write recovery.json ─┬─> Toxiproxy ─> proxies of all links ─┬─> services, each
                                   └─> data folder ─────────────> PostgreSQL ┘   after its needs
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from harness.clock import NS, Clock, RunClock, monotonic_ns
from harness.errors import ConfigError, LeftOvers, Problem, RuntimeFailure
from harness.ports import Capability
from harness.rng import fresh_token
from harness.runtimes.loopback import PortBlock, take_ports
from harness.runtimes.process.addresses import RunWiring
from harness.runtimes.process.cleanup import end_run
from harness.runtimes.process.controls import controls_of, pick
from harness.runtimes.process.plan import (
    DATABASE_KIND,
    Folders,
    Parts,
    deal,
    identity,
    mark_of,
    plan_document,
    ports_needed,
    write_configs,
)
from harness.runtimes.process.postgres import Account, PrepareJob, account, prepare
from harness.runtimes.process.site import Site
from harness.runtimes.procs import MARK, PROGRAM, clean_env, identify
from harness.runtimes.recovery import RecoveryFile, write_private
from harness.runtimes.sockets import TOKEN_HEADER, send
from harness.target import Answer, Request, ServiceSpec, Target
from harness.workload import Load, LoadPlan, Sink

LOAD = "load"
LOAD_MODULE = "harness.load.locust_process"  # by name: load and runtimes are strangers
AHEAD_NS = 100_000_000  # chosen: the load has this long to take note of the zero

PREPARE_S = 30.0  # chosen: initdb takes 1-3 s, on a machine in distress ten times that


class ProcessRuntime:
    """Runs a target as processes of this machine (`harness.ports.Runtime`).

    Two clocks: services count from `service_t0_ns`, fixed before they start; the run clock counts
    from the beginning of the load. Run clock = service clock - `service_offset_s`.

    Args:
        run_id: unique; its processes and proxies bear it.
        run_dir: what stays of the run: logs, configuration, recovery.json.
        seed: of the run.
        token: for the control routes of the stand-ins.
        parts: Toxiproxy and PostgreSQL.
        work_dir: for what goes with the run; made here, must not exist or be empty.
        template_dir: kept between runs: a fresh data folder of PostgreSQL.
        python: interpreter for services and load.
    """

    name = "process"
    deterministic = False
    capabilities = frozenset(
        {Capability.LINKS, Capability.PROCESSES, Capability.LIFECYCLE, Capability.UPSTREAMS}
    )

    def __init__(
        self,
        run_id: str,
        run_dir: Path,
        seed: int,
        token: str,
        parts: Parts,
        *,
        work_dir: Path,
        template_dir: Path,
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
        self._parts = parts
        self._folders = Folders(run_id, run_dir.absolute(), work_dir.absolute(), Path.cwd())
        self._template_dir = template_dir
        self._python = python
        self._recovery = RecoveryFile(self._folders.recovery)
        self._block: PortBlock | None = None
        self._site: Site | None = None
        self._target: Target | None = None

    @property
    def work_dir(self) -> Path:
        """Where what goes with the run lies meanwhile."""
        return self._folders.work

    async def start(self, target: Target, design: Mapping[str, Any]) -> None:
        """Start everything and wait until it is ready; on failure nothing is left.

        Raises:
            RuntimeFailure: a part is missing, a port taken, a program ended or not ready in time.
            LeftOvers: the work folder has something in it.
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
        self._make_folders()
        self._target = target
        password = fresh_token()
        site = self._plan(target, design, password)
        links = asyncio.Event()
        ready = {service.name: asyncio.Event() for service in target.services}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_links(site, links))
            for service in target.services:
                group.create_task(self._start_service(site, service, password, links, ready))

    def _make_folders(self) -> None:
        folders = self._folders
        for folder in (folders.log("x").parent, folders.config("x").parent):
            folder.mkdir(parents=True, exist_ok=True)
        folders.config("x").parent.chmod(0o700)
        if folders.work.exists() and any(folders.work.iterdir()):
            raise LeftOvers(f"{folders.work} has something in it; run: harness faults clear")
        folders.work.mkdir(parents=True, exist_ok=True)
        folders.work.chmod(0o711)  # PostgreSQL runs as another user when we are root

    def _plan(self, target: Target, design: Mapping[str, Any], password: str) -> Site:
        """Take ports and write down everything that will be started."""
        self._block = take_ports(self.run_id, ports_needed(target))
        ports, folders = deal(target, self._block.ports), self._folders
        wiring = RunWiring(self.service_t0_ns, self.seed, design, ports.services, ports.links)
        write_private(folders.token, self._token)
        write_configs(target, wiring, folders, password)
        who = account() if _database(target) else Account()
        document = plan_document(target, ports, self._parts, folders, who, self._python)
        clocks = {"service_t0_ns": self.service_t0_ns, "clock_t0_ns": self._clock.t0_ns}
        self._recovery.write({**identity(folders, self._token), **document, **clocks})
        self._site = Site(self._recovery, self.clock, target)
        return self._site

    async def _start_links(self, site: Site, done: asyncio.Event) -> None:
        await site.start_toxiproxy()
        await site.links.populate()
        done.set()

    async def _start_service(
        self,
        site: Site,
        service: ServiceSpec,
        password: str,
        links: asyncio.Event,
        ready: Mapping[str, asyncio.Event],
    ) -> None:
        if service.kind == DATABASE_KIND:
            await self._prepare_database(site, service.name, password)
        await links.wait()
        for need in service.needs:
            await ready[need].wait()
        await site.start(service.name)
        ready[service.name].set()

    async def _prepare_database(self, site: Site, name: str, password: str) -> None:
        if self._parts.postgres is None:
            raise RuntimeFailure(f"{name} needs PostgreSQL; see harness doctor")
        job = PrepareJob(
            binaries=self._parts.postgres,
            data=self._folders.data,
            templates=self._template_dir,
            port=int(site.service(name)["address"].rsplit(":", 1)[1]),
            password=password,
            who=account(),
            env={**clean_env(), MARK: mark_of(self.run_id, self._token)},
        )
        work = asyncio.ensure_future(asyncio.to_thread(prepare, job))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            # The thread writes into the work folder: it must be over before that is removed.
            await asyncio.wait_for(work, PREPARE_S)
            raise

    async def stop(self) -> list[str]:
        """End everything; may be called again.

        Returns:
            what could not be ended or removed; empty when clean.
        """
        site, self._site = self._site, None
        left: list[str] = []
        if site is not None:
            try:
                left = await end_run(site)
            finally:
                await site.close()
        elif self._folders.work.exists() and not any(self._folders.work.iterdir()):
            self._folders.work.rmdir()
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
        """Start the load; the run clock's zero is its first possible arrival."""
        state = self._running().recovery.read()
        marks = {MARK: state["mark"], PROGRAM: LOAD}
        load: Any = await importlib.import_module(LOAD_MODULE).start(
            plan,
            base_url=f"http://{self._entry(state)}",
            sink=sink,
            clock_zero=self._set_zero,
            log_path=self._folders.log(LOAD),
            python=self._python,
            env={**clean_env(), **marks},
            process_group=state["group"],
        )
        if proc := identify(load.pid, LOAD):
            self._recovery.change(lambda state: state["processes"].append(vars(proc)))
        return cast(Load, load)

    def _entry(self, state: Mapping[str, Any]) -> str:
        target = self._target
        if target is None or target.entry not in state["links"]:
            entry = target and target.entry
            raise ConfigError(
                Problem(f"entry {entry!r} of the target is no link", "", ", ".join(state["links"]))
            )
        return str(state["links"][target.entry]["listen"])

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


def _database(target: Target) -> ServiceSpec | None:
    return next((s for s in target.services if s.kind == DATABASE_KIND), None)

"""A run in real time and on real sockets: its start and stop, clocks, load, questions, controls.

take places ─> recovery.json ─┬─> Toxiproxy ─> proxies of all links ─┬─> services, each
                              └─> the database's disk ─> database ───┘   after its needs

A runtime says what a place is, how a program is started and how everything is ended.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast

from harness.clock import NS, Clock, RunClock, monotonic_ns
from harness.errors import RuntimeFailure
from harness.foreign import DatabaseLogin
from harness.json_types import JsonObject
from harness.ports import Capability
from harness.private import write_private
from harness.procfs import identify
from harness.rng import fresh_token
from harness.runtime_kind import RunContext
from harness.runtimes.entries import entries
from harness.runtimes.real.attached import pick
from harness.runtimes.real.document import RunFolders, identity
from harness.runtimes.real.loopback import PortBlock
from harness.runtimes.real.procs import STANDING, clean_env, marking, this_owner
from harness.runtimes.real.query import ask
from harness.runtimes.real.recovery import Check, RecoveryFile
from harness.runtimes.real.sites import TOXIPROXY, RealSite
from harness.runtimes.real.sockets import TOKEN_HEADER, once_connected, send
from harness.target import Answer, Request, ServiceSpec, Target, entry_links, entry_service
from harness.workload import Load, LoadPlan, Sink

LOAD = "load"
LOAD_MODULE = "harness.load.locust_process"  # by name: load and runtimes are strangers
AHEAD_NS = 100_000_000  # chosen: the load has this long to take note of the zero


S = TypeVar("S", bound=RealSite)


class RealRuntime(ABC, Generic[S]):
    """A run in real time (`harness.ports.Runtime`).

    Two clocks: services count from `service_t0_ns`, fixed before they start; the run clock counts
    from the beginning of the load. Run clock = service clock - `service_offset_s`.

    Args:
        context: of the run.
        folders: where the run keeps its things.
        python: interpreter for the load.
        check: whether a recovery file is one of this runtime.
        look: it is to stand without an owner, for people to look at.
    """

    name: str

    def __init__(
        self,
        context: RunContext,
        folders: RunFolders,
        check: Check,
        *,
        python: str,
        look: bool,
    ) -> None:
        """Nothing is started yet."""
        self.run_id = context.run_id
        self.seed = context.seed
        self.service_t0_ns = monotonic_ns()
        self._clock = RunClock(self.service_t0_ns)
        self.clock: Clock = self._clock
        self.service_offset_s = 0.0
        self._token = context.token
        self._folders = folders
        self._python = python
        self._recovery = RecoveryFile(folders, check)
        self._owner = STANDING if look else this_owner()
        self._block: PortBlock | None = None
        self._site: S | None = None
        self._made: Mapping[Capability, object] = {}
        self._front: tuple[str, ...] = ()
        self._entries: Mapping[str, str] = {}
        self._variables: Mapping[str, str] = {}
        self._login: Callable[[str], DatabaseLogin | None] = lambda _: None

    async def start(self, target: Target, design: Mapping[str, object]) -> None:
        """Start everything and wait until it is ready; on failure nothing is left.

        Raises:
            ConfigError: the entry of the target is no link.
            RuntimeFailure: a part is missing, a place taken, a program ended or not ready in time.
        """
        entry_service(target)
        self._front, self._entries = entry_links(target), entries(target)
        wanted: tuple[str, ...] = getattr(target, "variables", ())
        self._variables = {name: os.environ[name] for name in wanted if name in os.environ}
        self._login = getattr(target, "database_login", self._login)
        try:
            await self._begin(target, design)
        except BaseExceptionGroup as group:
            await asyncio.shield(self.stop())
            raise group.exceptions[0] from None
        except BaseException:
            await asyncio.shield(self.stop())
            raise

    async def _begin(self, target: Target, design: Mapping[str, object]) -> None:
        self._folders.make()
        write_private(self._folders.token, self._token)
        password = fresh_token()
        await self._take_places(target, design, password)
        site = self._site = self._open(target)
        links = asyncio.Event()
        ready = {service.name: asyncio.Event() for service in target.services}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_links(site, links))
            for service in target.services:
                group.create_task(self._start_service(site, service, password, links, ready))

    async def _start_links(self, site: S, done: asyncio.Event) -> None:
        await self._launch(site, TOXIPROXY)
        await site.toxiproxy_ready()
        await site.links.populate()
        done.set()

    async def _start_service(
        self,
        site: S,
        service: ServiceSpec,
        password: str,
        links: asyncio.Event,
        ready: Mapping[str, asyncio.Event],
    ) -> None:
        if service.running:
            await site.stands(service.name)
            ready[service.name].set()
            return
        if service.is_database:
            await self._make_disk(site, service.name, password)
        else:
            await links.wait()
        for need in service.needs:
            await ready[need].wait()
        await self._launch(site, service.name)
        await site.ready(service.name)
        ready[service.name].set()

    def _put_on_record(self, programs: Mapping[str, object]) -> None:
        """Write the recovery state: from here on, any process can end the run."""
        whose = identity(self._folders, self._token, self._owner)
        clocks = {"service_t0_ns": self.service_t0_ns, "clock_t0_ns": self._clock.t0_ns}
        self._recovery.create({**whose, **programs, **clocks})

    async def stop(self, *, at_once: bool = False) -> list[str]:
        """End everything; may be called again. See `harness.ports.Runtime`.

        Returns:
            what could not be ended or removed; empty when clean.
        """
        site, self._site = self._site, None
        if site is None and self._block is not None and self._recovery.created:
            site = self._open(None)  # the start failed between the record and the first program
        try:
            return [] if site is None else await self._end(site, at_once)
        finally:
            if site is not None:
                await site.close()
            self._release()

    @abstractmethod
    async def _take_places(
        self, target: Target, design: Mapping[str, object], password: str
    ) -> None:
        """Choose who listens where, set `_block`, put it on record, write configurations.

        Args:
            password: of the database.
        """

    @abstractmethod
    def _open(self, target: Target | None) -> S:
        """The programs of the run on record."""

    @abstractmethod
    async def _make_disk(self, site: S, database: str, password: str) -> None:
        """What a database needs before it is started."""

    @abstractmethod
    async def _launch(self, site: S, program: str) -> None:
        """Start a program; not waited for until it is ready."""

    @abstractmethod
    async def _end(self, site: S, at_once: bool) -> list[str]:
        """End and remove everything.

        Returns:
            what is left; empty when clean.
        """

    @abstractmethod
    def _controls(self, site: S) -> Mapping[Capability, object]:
        """One control for each capability."""

    async def leave(self) -> None:
        """Release what was started; it stands until somebody ends it by its recovery state."""
        await self._running().close()
        self._site = None
        self._release()

    def _release(self) -> None:
        if self._block is not None:
            self._block.release()
            self._block = None

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: another one; says what there is.
        """
        self._made = self._made or self._controls(self._running())
        return pick(self.name, self._made, capability)

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """Start the load on this machine; the run clock's zero is its first possible arrival."""
        state = self._running().recovery.read()
        links = state["links"]
        front, *others = (f"http://{links[link]['listen']}" for link in self._front)
        load: Any = await importlib.import_module(LOAD_MODULE).start(
            plan,
            base_url=front,
            others=others,
            base_urls={
                name: f"http://{links[link]['listen']}" for name, link in self._entries.items()
            },
            sink=sink,
            clock_zero=self._set_zero,
            log_path=self._folders.log(LOAD),
            python=self._python,
            env={**clean_env(), **self._variables, **marking(state, LOAD)},
            process_group=state["group"],
        )
        if proc := identify(load.pid, LOAD):
            self._recovery.change(lambda state: state["processes"].append(vars(proc)))
        return cast(Load, load)

    def _set_zero(self) -> int:
        """Let the run clock begin shortly."""
        self._clock.t0_ns = monotonic_ns() + AHEAD_NS
        self.service_offset_s = (self._clock.t0_ns - self.service_t0_ns) / NS
        self._recovery.change(lambda state: state.update(clock_t0_ns=self._clock.t0_ns))
        return self._clock.t0_ns

    async def ask(self, service: str, request: Request) -> Answer:
        """The harness's own request, straight to the service, past every link.

        The token goes along to the control routes of stand-ins only, and to nobody else who
        listens at their addresses.
        """
        site = self._running()
        entry = site.service(service)
        control = entry["scripted"] and request.path.startswith("/_")
        address = f"http://{entry['address']}"
        if not control:
            return await send(site.client, address, request)
        proven, headers = once_connected(partial(site.prove, service)), {TOKEN_HEADER: self._token}
        try:
            return await send(site.orders, address, request, headers, proven)
        except RuntimeFailure:
            return Answer(None, error="refused")

    async def query(self, service: str, sql: str) -> Mapping[str, object]:
        """Ask a database straight, past every link; it reads only."""
        login = self._login(service) or self._own_login(service)
        if login is None:
            return {"problem": f"nobody may ask {service}"}
        return await ask(self._running().address(service), login, sql)

    def _own_login(self, service: str) -> DatabaseLogin | None:
        """Who asks a database that the run made."""
        return None

    def recovery_state(self) -> JsonObject:
        """Plain data for `attach`, `end_processes` and `alive`, in any process."""
        return self._recovery.read()

    def _running(self) -> S:
        if self._site is None:
            raise RuntimeFailure(f"run {self.run_id} is not started, or was stopped")
        return self._site

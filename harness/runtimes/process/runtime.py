"""The runtime `process`: what places, programs and an end are for processes of this machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import LeftOvers, RuntimeFailure
from harness.foreign import DatabaseLogin, DatabasePlan, ForeignProxies
from harness.ports import Capability, Exit
from harness.private import write_private
from harness.procfs import Proc
from harness.runtime_kind import RunContext
from harness.runtimes.process.cleanup import END_S, OWNER_FILE, end_run
from harness.runtimes.process.cluster import Cluster
from harness.runtimes.process.controls import controls_of
from harness.runtimes.process.lease_store import close_to_others
from harness.runtimes.process.manager import ETCD, Managed, hand_over, managed
from harness.runtimes.process.parts import with_parts
from harness.runtimes.process.plan import (
    Folders,
    Parts,
    commands,
    deal,
    foreign_commands,
    plan_document,
    ports_needed,
)
from harness.runtimes.process.postgres import PrepareJob, account, prepare
from harness.runtimes.process.site import Site
from harness.runtimes.process.tools import RunAsUser, Tools, refuse_closed
from harness.runtimes.real.checking import check_process
from harness.runtimes.real.document import DATA
from harness.runtimes.real.foreign_proxies import address_of, find
from harness.runtimes.real.loopback import HOST, take_ports
from harness.runtimes.real.procs import clean_env, marking
from harness.runtimes.real.runtime import RealRuntime
from harness.runtimes.real.sites import TOXIPROXY
from harness.runtimes.real.sockets import PG_DATABASE, PG_USER
from harness.runtimes.real.their_containers import stand
from harness.runtimes.real.wiring import RealWiring, write_configs
from harness.target import Target

PREPARE_S = 30.0  # chosen: initdb takes 1-3 s, on a machine in distress ten times that


class ProcessRuntime(RealRuntime[Site]):
    """Runs a target as processes of this machine (`harness.ports.Runtime`).

    Args:
        context: of the run; its processes and proxies bear the run's id.
        parts: Toxiproxy and PostgreSQL.
        template_dir: kept between runs: a fresh data folder of PostgreSQL.
        python: interpreter for services and load.
        look: it is to stand without an owner.
    """

    name = "process"
    _folders: Folders

    def __init__(
        self,
        context: RunContext,
        parts: Parts,
        *,
        template_dir: Path,
        python: str = sys.executable,
        look: bool = False,
    ) -> None:
        folders = Folders(context.run_id, context.run_dir.absolute(), Path.cwd())
        super().__init__(context, folders, check_process, python=python, look=look)
        self._parts = parts
        self._template_dir = template_dir
        self._managed: list[Managed] = []
        self._shared: Mapping[str, object] = {}

    @property
    def work_dir(self) -> Path:
        """Where what goes with the run lies meanwhile."""
        return self._folders.work

    async def _take_places(
        self, target: Target, design: Mapping[str, object], password: str
    ) -> None:
        work = self._folders.work
        if work.exists() and any(work.iterdir()):
            raise LeftOvers(f"{work} has something in it; run: harness faults clear")
        self._parts = with_parts(self._parts, target)
        await stand({one.name: one.container for one in target.services if one.container})
        self._block = take_ports(ports_needed(target))
        ports = deal(target, self._block.ports)
        proxies: ForeignProxies | None = getattr(target, "foreign_proxies", None)
        foreign = await find(proxies, target.links) if proxies else {}
        database = any(service.is_database for service in target.services)
        who = account() if database else RunAsUser()
        refuse_closed(self._template_dir, who)
        refuse_closed(work.parent, who)
        listens = {name: (HOST, port) for name, port in ports.services.items()}
        links = {name: (HOST, port) for name, port in ports.links.items()}
        links |= {name: address_of(one) for name, one in foreign.items()}
        folder = self._folders.config("x").parent
        wiring = RealWiring(self.service_t0_ns, self.seed, design, listens, links, password, folder)
        how = commands(target, ports, self._parts, self._folders, who, self._python)
        how |= foreign_commands(target, wiring, self._folders)
        self._database_plan = getattr(target, "database_plan", lambda _: DatabasePlan())
        self._managed = managed(target, ports.services, ports.links)
        self._shared = getattr(target, "cluster", lambda _: {})(design)
        plan = plan_document(target, ports, self._folders, self._parts, how, foreign)
        if proxies:
            write_private(self._folders.foreign_token, proxies.token)
            plan |= {"foreign_api": proxies.address, "foreign_token": proxies.token}
        self._put_on_record(plan)
        self._password = password
        self._make_work_folder()
        write_configs(target, wiring, self._folders, password, self._folders.state)

    def _make_work_folder(self) -> None:
        work = self._folders.work
        for folder in (work.parent, work, work / DATA):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)  # PostgreSQL runs as another user when we are root
        write_private(work / OWNER_FILE, self._owner)

    def _open(self, target: Target | None) -> Site:
        return Site(self._recovery, self.clock, target)

    async def _make_disk(self, site: Site, database: str, password: str) -> None:
        if self._parts.postgres is None:
            raise RuntimeFailure(f"{database} needs PostgreSQL; see harness doctor")
        if site.service(database)["standby_of"]:
            return  # it was copied from its primary
        services = site.recovery.read()["services"]
        standbys = [name for name, one in services.items() if one["standby_of"] == database]
        job = PrepareJob(
            tools=Tools(
                self._parts.postgres,
                account(),
                {**clean_env(), **marking(site.recovery.read(), f"{database}.prepare")},
            ),
            data=self._folders.data(database),
            templates=self._template_dir,
            password=password,
            plan=self._database_plan(database),
            standby=self._folders.data(standbys[0]) if standbys else None,
            passfile=self._folders.passfile,
        )
        work = asyncio.ensure_future(asyncio.to_thread(self._prepare, job))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            # The thread writes into the work folder: it must be over before that is removed.
            await asyncio.wait_for(work, PREPARE_S)
            raise

    def _prepare(self, job: PrepareJob) -> None:
        """Make the data folders, and leave them to what manages them."""
        prepare(job)
        for one in self._managed:
            binaries, password = job.tools.binaries, job.password
            hand_over(one, self._folders, binaries, password, job.tools.who, self._shared)

    async def _launch(self, site: Site, program: str) -> None:
        if manager := site.manager_of(program):
            site.launcher.start(manager)
            await Cluster(site).formed(program)
        elif not site.manages(program):
            site.launcher.start(program)
        if program != TOXIPROXY and site.service(program)["part"] == ETCD:
            await site.ready(program)
            await close_to_others(site, program, self._password)

    async def _end(self, site: Site, at_once: bool) -> list[str]:
        within_s = 0.0 if at_once else END_S
        return await end_run(site.recovery.read(), site.clock, site.launcher.reap, within_s)

    def _own_login(self, service: str) -> DatabaseLogin | None:
        plan = self._database_plan(service)
        return DatabaseLogin(plan.role or PG_USER, self._password, plan.database or PG_DATABASE)

    def unasked_exits(self) -> Sequence[Exit]:
        """Programs of the run that ended though nobody had asked them to, each once."""
        return self._site.launcher.unasked_exits() if self._site else ()

    async def processes(self) -> Mapping[str, Proc]:
        """The first process of each program that lives."""
        return self._site.launcher.living() if self._site else {}

    def _controls(self, site: Site) -> Mapping[Capability, object]:
        return controls_of(site)

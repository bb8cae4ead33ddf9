"""The runtime `process`: starts a target on this machine, and ends it without a trace.

take ports ─> write recovery.json ─┬─> Toxiproxy ─> proxies of all links ─┬─> services, each
                                   └─> data folder ─────────────> PostgreSQL ┘   after its needs
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import LeftOvers, RuntimeFailure
from harness.ports import Capability, Exit
from harness.private import write_private
from harness.rng import fresh_token
from harness.runtimes.process.addresses import RunWiring
from harness.runtimes.process.cleanup import OWNER_FILE, end_run, remove_work_folder
from harness.runtimes.process.controls import controls_of
from harness.runtimes.process.plan import (
    Folders,
    Parts,
    deal,
    plan_document,
    ports_needed,
    write_configs,
)
from harness.runtimes.process.postgres import PrepareJob, RunAsUser, account, prepare
from harness.runtimes.process.site import Site
from harness.runtimes.real.checking import check_process
from harness.runtimes.real.document import DATABASE_KIND, identity
from harness.runtimes.real.loopback import take_ports
from harness.runtimes.real.procs import clean_env, marking
from harness.runtimes.real.runtime import RealRuntime
from harness.target import ServiceSpec, Target

PREPARE_S = 30.0  # chosen: initdb takes 1-3 s, on a machine in distress ten times that


class ProcessRuntime(RealRuntime[Site]):
    """Runs a target as processes of this machine (`harness.ports.Runtime`).

    Args:
        run_id: unique; its processes and proxies bear it.
        run_dir: what stays of the run: logs, configuration, recovery.json.
        seed: of the run.
        token: for the control routes of the stand-ins.
        parts: Toxiproxy and PostgreSQL.
        template_dir: kept between runs: a fresh data folder of PostgreSQL.
        python: interpreter for services and load.
        look: it is to stand without an owner.
    """

    name = "process"
    _folders: Folders

    def __init__(
        self,
        run_id: str,
        run_dir: Path,
        seed: int,
        token: str,
        parts: Parts,
        *,
        template_dir: Path,
        python: str = sys.executable,
        look: bool = False,
    ) -> None:
        """Nothing is started yet."""
        folders = Folders(run_id, run_dir.absolute(), Path.cwd())
        super().__init__(run_id, seed, token, folders, python, check_process, look=look)
        self._parts = parts
        self._work_made = False
        self._template_dir = template_dir

    @property
    def work_dir(self) -> Path:
        """Where what goes with the run lies meanwhile."""
        return self._folders.work

    async def _start(self, target: Target, design: Mapping[str, Any]) -> None:
        self._make_folders()
        password = fresh_token()
        site = self._plan(target, design, password)
        links = asyncio.Event()
        ready = {service.name: asyncio.Event() for service in target.services}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_links(site, links))
            for service in target.services:
                group.create_task(self._start_service(site, service, password, links, ready))

    def _make_folders(self) -> None:
        work = self._folders.work
        self._folders.make()
        if work.exists() and any(work.iterdir()):
            raise LeftOvers(f"{work} has something in it; run: harness faults clear")
        for folder in (work.parent, work):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)  # PostgreSQL runs as another user when we are root
        self._work_made = True
        write_private(work / OWNER_FILE, self._owner)

    def _plan(self, target: Target, design: Mapping[str, Any], password: str) -> Site:
        """Take ports and write down everything that will be started."""
        self._block = take_ports(ports_needed(target))
        ports, folders = deal(target, self._block.ports), self._folders
        wiring = RunWiring(self.service_t0_ns, self.seed, design, ports.services, ports.links)
        write_private(folders.token, self._token)
        write_configs(target, wiring, folders, password)
        who = account() if _database(target) else RunAsUser()
        document = plan_document(target, ports, self._parts, folders, who, self._python)
        clocks = {"service_t0_ns": self.service_t0_ns, "clock_t0_ns": self._clock.t0_ns}
        whose = identity(folders, self._token, self._owner)
        self._recovery.create({**whose, **document, **clocks})
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
            env={**clean_env(), **marking(site.recovery.read(), f"{name}.prepare")},
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
                left = await end_run(site.recovery.read(), site.clock, site.launcher.reap)
            finally:
                await site.close()
        elif self._work_made:
            left = remove_work_folder(self._folders)
        self._release()
        return left

    def unasked_exits(self) -> Sequence[Exit]:
        """Programs of the run that ended though nobody had asked them to, each once."""
        return self._site.launcher.unasked_exits() if self._site else ()

    def _controls(self, site: Site) -> Mapping[Capability, Any]:
        return controls_of(site)


def _database(target: Target) -> ServiceSpec | None:
    return next((s for s in target.services if s.kind == DATABASE_KIND), None)

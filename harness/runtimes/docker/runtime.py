"""The runtime `docker`: what places, programs and an end are for containers of this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from harness.errors import RuntimeFailure
from harness.ports import Capability, Exit
from harness.procfs import Proc
from harness.runtime_kind import RunContext
from harness.runtimes.docker import containers, plan
from harness.runtimes.docker.checking import check
from harness.runtimes.docker.cleanup import end_run
from harness.runtimes.docker.controls import controls_of
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.servers import make_data, make_folder
from harness.runtimes.docker.site import Site
from harness.runtimes.docker.subnets import RANGE, VARIABLE, subnets
from harness.runtimes.docker.theirs import Theirs
from harness.runtimes.real.document import RunFolders, mark_of
from harness.runtimes.real.loopback import take_ports
from harness.runtimes.real.runtime import RealRuntime
from harness.runtimes.real.sites import TOXIPROXY
from harness.target import Target
from harness.workload import Load, LoadPlan, Sink


class DockerRuntime(RealRuntime[Site]):
    """Runs a target in containers of this machine's engine (`harness.ports.Runtime`).

    Containers share the machine's monotonic clock and are reached at their addresses in the run's
    network, so the engine must run on this very machine.

    Args:
        context: of the run; containers, network and volume bear the run's id.
        images: what to run.
        python: interpreter for the load.
        look: publish every program on 127.0.0.1, for people.
    """

    name = "docker"

    def __init__(
        self,
        context: RunContext,
        images: Images,
        *,
        python: str = sys.executable,
        look: bool = False,
    ) -> None:
        folders = RunFolders(context.run_id, context.run_dir.absolute())
        super().__init__(context, folders, check, python=python, look=look)
        self._images = images
        self._look = look
        self._specs: Mapping[str, containers.Spec] = {}
        self._theirs: Theirs | None = None
        self._standbys: Mapping[str, str] = {}

    async def _take_places(
        self, target: Target, design: Mapping[str, object], password: str
    ) -> None:
        folders, theirs = self._folders, Theirs(target, self._folders)
        engine = Engine(mark_of(self.run_id, self._token), owner=self._owner)
        try:
            await theirs.read(engine)
            places = await self._take_network(target)
            wiring = places.wiring(self.service_t0_ns, self.seed, design)
            theirs.write(places, wiring, engine)
        finally:
            engine.close()
        self._theirs = theirs
        self._standbys = {one.standby_of: one.name for one in target.services}
        plan.write_files(places, self.service_t0_ns, self.seed, design, folders, password)
        self._specs = containers.specs(places, self._images, folders, self._token, password)

    async def _take_network(self, target: Target) -> plan.Places:
        """Find a free subnet and a free port.

        The recovery state is on disk before the network exists: it is found by its label then.
        """
        programs = [TOXIPROXY, *(s.name for s in target.services)] if self._look else []
        self._block = take_ports(1 + len(programs))
        entry, *others = self._block.ports
        look = dict(zip(programs, others, strict=True))
        name, tried = f"{self.run_id}.network", list(subnets(self.run_id))
        engine = Engine(mark_of(self.run_id, self._token), owner=self._owner)
        try:
            for subnet in tried:
                places = plan.Places(name, subnet, target, entry, look)
                self._put_on_record(plan.document(places, self.run_id))
                if await engine.make_network(name, str(subnet)):
                    return places
        finally:
            engine.close()
        raise RuntimeFailure(
            f"no free subnet for the run's network: {len(tried)} tried, {tried[0]} .. {tried[-1]}; "
            "end other runs (harness faults list), remove networks that nobody needs (docker "
            f"network prune), or set {VARIABLE} to another range than {RANGE}"
        )

    def _open(self, target: Target | None) -> Site:
        return Site(self._recovery, self.clock, target)

    async def _make_disk(self, site: Site, database: str, password: str) -> None:
        if site.service(database)["standby_of"]:
            return  # it was copied from its primary
        if standby := self._standbys.get(database, ""):
            make_folder(self._folders.run)
            await self._launch(site, plan.DISK)
            await make_data(site.engine, self._folders.run, (database, standby), password)
            return
        volume = plan.volume_name(self.run_id)
        await site.engine.make_volume(volume, plan.DISK_BYTES, plan.IMAGE_USER)
        await self._launch(site, plan.DISK)

    async def _launch(self, site: Site, program: str) -> None:
        if self._theirs and self._theirs.has(program):
            await self._theirs.launch(program)
            return
        await site.engine.make_container(program, self._specs[program])

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """From here on an end that nobody asked for says something of the run."""
        self._running().exits.listen()
        return await super().begin_load(plan, sink)

    def unasked_exits(self) -> Sequence[Exit]:
        """Containers of the run that ended though nobody had asked them to, each once."""
        return self._site.exits.unasked() if self._site else ()

    async def processes(self) -> Mapping[str, Proc]:
        """The first process of each container that lives, where they are this machine's."""
        return await self._site.heads.living() if self._site else {}

    async def _end(self, site: Site, at_once: bool) -> list[str]:
        return await end_run(site.recovery.read(), site.engine, site.clock)

    def _controls(self, site: Site) -> Mapping[Capability, object]:
        return controls_of(site)

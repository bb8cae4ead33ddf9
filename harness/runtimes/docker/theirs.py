"""The programs of a target that are services of compose files: read before anything is made,
written with what the run adds, started one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from harness.errors import RuntimeFailure
from harness.foreign import Composed, ProgramSpec
from harness.json_types import JsonDict, JsonObject
from harness.runtimes.docker import compose
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.mounts import kept_as_they_are
from harness.runtimes.docker.plan import Places
from harness.runtimes.docker.powers import networks
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.sites import TOXIPROXY
from harness.target import Target, Wiring


class HasPrograms(Protocol):
    """A target with programs of somebody else's."""

    def program(self, service: str, wiring: Wiring) -> ProgramSpec:
        """What a program is told; how it is started stands in the compose file."""


class Theirs:
    """Those of one run.

    Args:
        target: names them.
        folders: of the run; what it adds to a compose file is written there.
    """

    def __init__(self, target: Target, folders: RunFolders) -> None:
        self._target, self._folders = target, folders
        self._wanted: Mapping[str, Composed] = getattr(target, "composed", {})
        self._projects: dict[str, tuple[compose.Project, JsonDict]] = {}

    def has(self, program: str) -> bool:
        """Whether a program is one of them."""
        return program in self._wanted

    async def read(self, engine: Engine) -> None:
        """Let compose read every file.

        Raises:
            ConfigError: a file is wrong, or says what a run cannot keep apart or undo.
            RuntimeFailure: an image is not on this machine, or there is no compose.
        """
        missing: list[str] = []
        for number, file in enumerate(dict.fromkeys(one.file for one in self._wanted.values())):
            override = self._folders.config(f"compose-{number}.json")
            project = compose.Project(self._folders.run_id, file, override)
            told = await project.config()
            ours = {name: one for name, one in self._wanted.items() if one.file == file}
            compose.problems(project, told, ours)
            missing += await engine.missing_images(compose.images(told, ours))
            self._projects |= dict.fromkeys(ours, (project, told))
        if missing:
            raise RuntimeFailure(
                f"no image {', '.join(missing)} on this machine; a run fetches and builds none; "
                "try: docker compose pull, or docker compose build"
            )

    def write(self, places: Places, wiring: Wiring, engine: Engine) -> None:
        """Write what the run adds: name, labels, address, whom a program reaches by which name."""
        for project in dict.fromkeys(project for project, _ in self._projects.values()):
            mine = {name: told for name, (of, told) in self._projects.items() if of is project}
            services = {
                self._wanted[name].service: self._added(name, told, places, wiring, engine)
                for name, told in mine.items()
            }
            project.write(next(iter(mine.values())), services, engine.labels("network"))

    def _added(
        self, name: str, told: JsonObject, places: Places, wiring: Wiring, engine: Engine
    ) -> JsonDict:
        one, proxy = self._wanted[name], places.address(TOXIPROXY)
        own = {"ipv4_address": places.address(name), "aliases": [name]}
        standing = kept_as_they_are(told, one.service)
        return {
            **({"volumes": standing} if standing else {}),
            "container_name": f"{self._folders.run_id}.{name}",
            "labels": engine.labels(name),
            "environment": dict(cast(HasPrograms, self._target).program(name, wiring).env),
            "networks": {**networks(told, one.service), compose.OURS: own},
            "extra_hosts": [f"{callee}:{proxy}" for callee, _ in one.calls.values()],
        }

    async def launch(self, program: str) -> None:
        """Make and start the container of a program.

        Raises:
            RuntimeFailure: compose cannot.
        """
        project, _ = self._projects[program]
        await project.up(self._wanted[program].service)

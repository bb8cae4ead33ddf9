"""Programs of somebody else's compose file: compose reads it and starts them, with what the run
adds in a second file.

    theirs.yml ──config──> services, networks, volumes      what it says, by compose itself
    override   ──up──────> containers with the run's labels, on the run's network too

The file itself is never parsed here, and nothing is touched that does not bear the run's label.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ruamel.yaml import YAML

from harness.errors import ConfigError, Problem, RuntimeFailure
from harness.foreign import Composed
from harness.json_types import JsonDict, JsonObject
from harness.runtimes.docker.powers import powers

CONFIG_S, UP_S = 60, 120  # chosen: on a machine in distress Python alone takes 20 s to start it
OURS = "chaos_harness"  # the run's network, as the override calls it
CONTAINED = ("host", "container:", "service:")
Labels = Mapping[str, str]
PlaceOf = Callable[..., str]  # of keys in a file: `file:line:column`, or as good as can be told


def by_keys(file: Path, *keys: str) -> str:
    """Where something stands, by its keys."""
    return f"{file}: {'.'.join(keys)}"


@dataclass(frozen=True)
class Project:
    """One compose file of a run.

    Args:
        run_id: of the run; the project's name is made of it, so that nothing of another project
            is taken for its own.
        file: theirs.
        override: ours, written by `prepare`.
    """

    run_id: str
    file: Path
    override: Path

    @property
    def name(self) -> str:
        """Of the project: compose allows small letters and digits."""
        return "chaos" + hashlib.sha256(self.run_id.encode()).hexdigest()[:12]

    async def config(self) -> JsonDict:
        """What the file says, put in full by compose.

        Raises:
            ConfigError: compose refuses it, or the run cannot keep away from what is not its own.
            RuntimeFailure: there is no compose.
        """
        code, said, wrong = await self._call(["config"], CONFIG_S)
        if code:
            raise ConfigError(Problem(f"compose refuses it: {_last(wrong)}", str(self.file)))
        return dict(YAML(typ="safe").load(said) or {})

    def write(self, told: JsonObject, services: JsonObject, labels: Labels) -> None:
        """Write the second file.

        Args:
            told: what `config` gave.
            services: service -> what the run adds to it.
            labels: for everything that compose makes.
        """
        own: JsonDict = {OURS: {"external": True, "name": f"{self.run_id}.network"}}
        networks = {"default": None, **(told.get("networks") or {})}
        own |= {name: {"labels": dict(labels)} for name in _made(networks)}
        volumes = {name: {"labels": dict(labels)} for name in _made(told.get("volumes") or {})}
        document = {"services": dict(services), "networks": own, "volumes": volumes}
        version = {"version": told["version"]} if "version" in told else {}
        self.override.write_text(json.dumps({**version, **document}, indent=1))

    async def up(self, service: str) -> None:
        """Make and start the container of a service.

        Raises:
            RuntimeFailure: compose cannot; with its last words.
        """
        argv = ["up", "-d", "--no-deps", "--no-build", service]
        code, _, wrong = await self._call(["-f", str(self.override), *argv], UP_S)
        if code:
            raise RuntimeFailure(f"docker compose up {service}: {_last(wrong)}")

    async def _call(self, argv: Sequence[str], within_s: float) -> tuple[int, str, str]:
        base = ["-p", self.name, "--project-directory", str(self.file.parent), "-f", str(self.file)]
        process = await asyncio.create_subprocess_exec(
            *await asyncio.to_thread(_compose), *base, *argv,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(within_s):
                out, wrong = await process.communicate()
        except TimeoutError:
            raise RuntimeFailure(f"docker compose {argv[-1]}: no end after {within_s} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, out.decode("utf-8", "replace"), wrong.decode()


async def check(wanted: Mapping[str, Composed], place: PlaceOf) -> None:
    """Let compose read the files of a target, as a run does; nothing is started or written.

    Raises:
        ConfigError: every problem of the first file that has one.
        RuntimeFailure: there is no compose.
    """
    for file in dict.fromkeys(one.file for one in wanted.values()):
        project = Project("check", file, Path(os.devnull))
        ours = {name: one for name, one in wanted.items() if one.file == file}
        problems(project, await project.config(), ours, place)


def problems(
    project: Project,
    told: JsonObject,
    wanted: Mapping[str, Composed],
    place: PlaceOf = by_keys,
) -> None:
    """Refuse what a run could not undo or keep apart.

    Raises:
        ConfigError: every problem.
    """
    found = [
        *_services(project, told, wanted, place),
        *_names(project, told, partial(place, project.file)),
    ]
    if found:
        raise ConfigError(found)


def _services(
    project: Project, told: JsonObject, wanted: Mapping[str, Composed], place_of: PlaceOf
) -> Iterator[Problem]:
    known = told.get("services") or {}
    for program, one in wanted.items():
        place = partial(place_of, project.file, "services", one.service)
        if one.service not in known:
            allowed = ", ".join(known)
            yield Problem(f"{program}: no service {one.service!r}", str(project.file), allowed)
            continue
        mode = str(known[one.service].get("network_mode", ""))
        if mode.startswith(CONTAINED):
            cause = f"network_mode: {mode}: it has no address of its own, and no link could be cut"
            yield Problem(cause, place("network_mode"), remedy="networks: of its own")
        for key, cause, remedy in powers(told, one.service):
            yield Problem(cause, place(key), remedy=remedy)
        if "image" not in known[one.service]:
            remedy = "docker compose build, and image: NAME beside build:"
            yield Problem("no image:; nothing is built in a run", place("build"), remedy=remedy)


def _names(project: Project, told: JsonObject, place: PlaceOf) -> Iterator[Problem]:
    """What has a name of its own is shared with the system that stands already."""
    for kind in ("networks", "volumes"):
        for key, one in (told.get(kind) or {}).items():
            name = (one or {}).get("name", f"{project.name}_{key}")
            if name != f"{project.name}_{key}" and not (one or {}).get("external"):
                cause = f"{name!r} is a name of its own: a run would take what others use"
                yield Problem(cause, place(kind, key), remedy="leave out name:")


def images(told: JsonObject, wanted: Mapping[str, Composed]) -> list[str]:
    """The images of the services that are wanted."""
    return list(dict.fromkeys(told["services"][one.service]["image"] for one in wanted.values()))


def _made(told: JsonObject) -> list[str]:
    """Networks or volumes that compose makes: those that do not stand already."""
    return [name for name, one in told.items() if not (one or {}).get("external")]


def _compose() -> list[str]:
    """How compose is called: the plugin of docker, or the program of its own.

    Raises:
        RuntimeFailure: neither is there.
    """
    docker = shutil.which("docker")
    own = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    plugins = (own, "/usr/local/lib/docker", "/usr/local/libexec/docker",
               "/usr/lib/docker", "/usr/libexec/docker")  # fmt: skip
    if docker and any(Path(one, "cli-plugins", "docker-compose").exists() for one in plugins):
        return [docker, "compose"]
    if alone := shutil.which("docker-compose"):
        return [alone]
    raise RuntimeFailure(
        "no docker compose on this machine; install it (Debian: apt-get install docker-compose)"
    )


def _last(said: str) -> str:
    return " ".join(said.split())[-600:] or "it says nothing"

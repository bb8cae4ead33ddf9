"""The Docker engine of this machine: its calls in threads, its errors with cause and remedy.

Every object of a run carries the run's label, and whatever is listed, changed or removed here is
looked up by that label: what does not carry it cannot be touched.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import docker
import requests
from docker.errors import APIError, BuildError, DockerException, ImageNotFound, NotFound

from harness.errors import RuntimeFailure
from harness.json_types import JsonObject
from harness.toolchain import cache_dir

RUN = "chaos-harness.run"
OWNER = "chaos-harness.owner"
CACHE = "chaos-harness.cache"
PROGRAM = "chaos-harness.program"
UNIX = "unix://"
DEFAULT = "unix:///var/run/docker.sock"
CALL_S = 30  # chosen: creating a container takes 0.2 s, on a machine in distress a hundred times
START_ENGINE = "start a Docker engine (Debian: apt-get install docker.io, then run dockerd)"
TAIL = 12  # last lines of a log in an error message; chosen
BUILD_TAIL = 1500  # characters of a failed build's log in an error message; chosen
# The engine's words, and what to do.
PORT_TAKEN = "; another program took the port meanwhile: try again, that takes other ports"
DISK_FULL = (
    "; the disk with the engine's data is full: see docker system df, remove what nobody needs "
    "(docker image prune, docker builder prune), then try again"
)
HINTS = {
    "address already in use": PORT_TAKEN,
    "port is already allocated": PORT_TAKEN,
    "no space left on device": DISK_FULL,
}


def there() -> bool:
    """Whether this machine has an engine that we may ask; one that is elsewhere is none of ours."""
    address = os.environ.get("DOCKER_HOST") or DEFAULT
    path = address.removeprefix(UNIX)
    return address.startswith(UNIX) and os.access(path, os.R_OK | os.W_OK)


def connect() -> Any:
    """A client of this machine's engine.

    Raises:
        RuntimeFailure: it does not answer, or is on another machine; says what to do.
    """
    address = os.environ.get("DOCKER_HOST") or DEFAULT
    if not address.startswith(UNIX):
        raise RuntimeFailure(
            f"DOCKER_HOST={address}: runs need an engine on this machine, since services share its "
            f"clock and are reached at their containers' addresses; unset it, or set {DEFAULT}"
        )
    _knock(address.removeprefix(UNIX))
    client = guarded(f"engine at {address}", docker.DockerClient, base_url=address, timeout=CALL_S)
    # else the SDK keeps a connection for each path that it asked for, 25: a descriptor each
    client.api.headers["Connection"] = "close"
    return client


def _knock(path: str) -> None:
    """Whether somebody listens on the engine's socket and lets us in."""
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(CALL_S)
            probe.connect(path)
    except PermissionError:
        raise RuntimeFailure(
            f"{path}: the Docker engine does not let this user in; join its group "
            "(usermod -aG docker USER, then log in again), or run as root"
        ) from None
    except OSError as error:
        raise RuntimeFailure(
            f"{path}: no Docker engine answers ({error.strerror or error}); {START_ENGINE}"
        ) from None


class Engine:
    """What a run does with the engine.

    Args:
        mark: value of the run's label.
        client: of the SDK; `connect` when None.
        owner: who starts the run (`procs.this_owner`); "" for one who starts nothing.
    """

    def __init__(self, mark: str, client: Any = None, owner: str = "") -> None:
        """Connect.

        Raises:
            RuntimeFailure: no engine answers.
        """
        self.mark, self._owner = mark, owner
        self._client = client or connect()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def labels(self, program: str) -> dict[str, str]:
        """The labels of an object of this run."""
        whose = {OWNER: self._owner, CACHE: str(cache_dir())}
        return {RUN: self.mark, PROGRAM: program, **whose}

    async def call(self, what: str, work: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Make one call of the SDK in a thread.

        Args:
            what: what it is for, as the start of an error.

        Raises:
            RuntimeFailure: the engine refused or did not answer.
        """
        return await asyncio.to_thread(guarded, what, work, *args, **options)

    async def make_network(self, name: str, subnet: str) -> bool:
        """Make the run's network.

        Nothing of it reaches beyond this machine: addresses are not masqueraded.

        Returns:
            False when the subnet is taken.
        """
        pool = docker.types.IPAMPool(subnet=subnet)
        try:
            await asyncio.to_thread(
                self._client.networks.create,
                name,
                driver="bridge",
                options={"com.docker.network.bridge.enable_ip_masquerade": "false"},
                ipam=docker.types.IPAMConfig(pool_configs=[pool]),
                labels=self.labels("network"),
                check_duplicate=True,
            )
        except APIError as error:
            if "overlap" in str(error).lower():
                return False
            said = str(error.explanation or error)
            raise RuntimeFailure(f"network {name} ({subnet}): {said}{hint(said)}") from None
        except requests.RequestException as error:
            raise RuntimeFailure(f"network {name} ({subnet}): {error}") from None
        return True

    async def make_volume(self, name: str, size_bytes: int, owner: int) -> None:
        """Make a volume of a fixed size, in memory: it can be filled without harm to the machine.

        Its content lives as long as some container that uses it.
        """
        options = f"size={size_bytes},uid={owner},gid={owner},mode=0700"
        await self.call(
            f"volume {name}",
            self._client.volumes.create,
            name,
            driver="local",
            driver_opts={"type": "tmpfs", "device": "tmpfs", "o": options},
            labels=self.labels("disk"),
        )

    async def make_container(self, program: str, spec: Mapping[str, object]) -> None:
        """Make a container and start it.

        Args:
            spec: arguments of the SDK's `containers.create`; `network` and `address` place it.
        """
        options = dict(spec)
        address, network = options.pop("address"), options["network"]
        place = self._client.api.create_endpoint_config(aliases=[program], ipv4_address=address)
        container = await self.call(
            f"container {program}",
            self._client.containers.create,
            **options,
            networking_config={network: place},
            labels=self.labels(program),
        )
        await self.call(f"starting {program}", container.start)

    async def missing_images(self, names: Sequence[str]) -> list[str]:
        """Those that are not on this machine."""
        missing = []
        for name in names:
            try:
                await asyncio.to_thread(self._client.images.get, name)
            except ImageNotFound:
                missing.append(name)
        return missing

    async def containers(self, program: str = "") -> list[Any]:
        """Every container of the run, running or not; those of one program when it is named."""
        wanted = [f"{RUN}={self.mark}", *([f"{PROGRAM}={program}"] if program else [])]
        found = await self.call(
            "listing containers",
            self._client.containers.list,
            all=True,
            ignore_removed=True,
            filters={"label": wanted},
        )
        return list(found)

    async def container(self, program: str) -> Any:
        """The container of a program, as it is now.

        Raises:
            RuntimeFailure: there is none.
        """
        found = await self.containers(program)
        if not found:
            raise RuntimeFailure(f"the container of {program} is gone; run: harness faults clear")
        return found[0]

    async def figures(self, program: str) -> JsonObject:
        """What a container has used and was denied so far; zeros for one that does not run.

        The engine looks once a second: a second question within that time waits for the next look.
        """
        container = await self.container(program)
        stats = self._client.api.stats
        found = await self.call(
            f"figures of {program}", stats, container.id, stream=False, one_shot=True
        )
        return dict(found)

    async def networks(self) -> list[Any]:
        """The networks of the run."""
        label = {"label": f"{RUN}={self.mark}"}
        return list(await self.call("listing networks", self._client.networks.list, filters=label))

    async def volumes(self) -> list[Any]:
        """The volumes of the run."""
        label = {"label": f"{RUN}={self.mark}"}
        return list(await self.call("listing volumes", self._client.volumes.list, filters=label))

    async def last_words(self, program: str) -> str:
        """The state of a container and the last lines of its log, for an error message."""
        found = await self.containers(program)
        if not found:
            return "; its container is gone"
        return str(await self.call(f"log of {program}", told, found[0]))

    async def remove(self, thing: Any, **options: Any) -> None:
        """Remove an object of the run; one that is gone is fine."""
        await self.call(f"removing {thing.name}", _remove, thing, **options)


def told(container: Any) -> str:
    """How a container is, and the last lines of its log; blocks."""
    state, raw = container.attrs["State"], container.logs(tail=TAIL)
    said = "\n  ".join(line[:300] for line in raw.decode(errors="replace").splitlines())
    status = f"; its container is {state['Status']}"
    if state["Status"] in ("exited", "dead"):
        killed = ", killed by the kernel for want of memory" if state["OOMKilled"] else ""
        status += f" with exit code {state['ExitCode']}{killed} {state['Error']}".rstrip()
    return f"{status}; its log ends with:\n  {said}" if said else f"{status}; its log is empty"


def _remove(thing: Any, **options: Any) -> None:
    try:
        thing.remove(**options)
    except NotFound:
        return


def hint(said: str) -> str:
    """What to do about the engine's words; "" when nothing is known."""
    return next((text for part, text in HINTS.items() if part in said), "")


def guarded(what: str, work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Make one call of the SDK; its errors become ours.

    Raises:
        RuntimeFailure: the engine refused or did not answer.
    """
    try:
        return work(*args, **options)
    except ImageNotFound as error:
        raise RuntimeFailure(
            f"{what}: {error.explanation}; make the images: harness images build"
        ) from None
    except APIError as error:
        said = str(error.explanation or error)
        raise RuntimeFailure(f"{what}: the engine says: {said}{hint(said)}") from None
    except BuildError as error:
        lines = [str(line.get("stream") or line.get("error") or "") for line in error.build_log]
        shown = "".join(lines)[-BUILD_TAIL:]
        raise RuntimeFailure(f"{what}: {error.msg}{hint(shown)}\n{shown}") from None
    except (DockerException, requests.RequestException) as error:
        raise RuntimeFailure(f"{what}: the engine does not answer: {error}") from None

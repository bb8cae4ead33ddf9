"""Power over what the containers of a run may use: memory, disk, network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.errors import RuntimeFailure
from harness.ports import Observation, UndoRecord
from harness.runtimes.docker.plan import DATABASE_KIND, DISK, INSIDE_DATA
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.site import Site

IN_USE = "unable to set memory limit"  # runc's words
FILL = f"{INSIDE_DATA}/filled-by-the-harness"
SPARE = (
    "import os, json; s = os.statvfs('{}'); print(json.dumps([s.f_bavail * s.f_frsize, "
    "os.path.exists('{}')]))"
)
FILLING = """
import errno
with open('{}', 'wb', buffering=0) as file:
    for size in (2**20, 2**12, 1):
        try:
            while True:
                file.write(bytes(size))
        except OSError as full:
            if full.errno != errno.ENOSPC:
                raise
"""


class MemoryOfRun:
    """`MemoryControl`: how much memory a service may have.

    Args:
        site: the run.
        processes: brings a service back that the kernel killed.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """`limit_bytes`."""
        self._site.service(where)
        return _memory(await self._site.inspect(where))

    async def limit_memory(self, service: str, limit_bytes: int) -> None:
        """Let the service have so much memory and no swap.

        Kernels with cgroups of version 1 refuse a limit below what is in use: then the service is
        started anew under it, and killed as soon as it needs more.
        """
        try:
            await self._set(service, limit_bytes)
        except RuntimeFailure as error:
            if IN_USE not in str(error):
                raise
            await self._processes.kill(service)
            await self._set(service, limit_bytes)
            container = await self._site.engine.container(service)
            await self._site.engine.call(f"starting {service}", container.start)

    async def observe(self, where: str) -> Observation:
        """A canary, the limit, and whether the kernel killed it for want of memory."""
        seen = await self._processes.observe(where)
        limit = _memory(await self._site.inspect(where))
        return Observation(seen.t_s, seen.canary, seen.latency_s, {}, {**seen.state, **limit})

    async def undo(self, record: UndoRecord) -> None:
        """Set the recorded limit; start the service again if the kernel killed it."""
        await self._set(record.where, int(record.restore["limit_bytes"]))
        await self._processes.bring_back(record.where)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether the limit reads back as recorded and the service answers."""
        now = _memory(await self._site.inspect(record.where))
        return now == dict(record.restore) and await self._processes.is_back(record.where)

    async def _set(self, service: str, limit_bytes: int) -> None:
        container = await self._site.engine.container(service)
        await self._site.engine.call(
            f"limiting the memory of {service}",
            container.update,
            mem_limit=limit_bytes,
            memswap_limit=limit_bytes,
        )


def _memory(attrs: Mapping[str, Any]) -> dict[str, int]:
    return {"limit_bytes": int(attrs["HostConfig"]["Memory"])}


class DiskOfRun:
    """`DiskControl`: the volume of the database, which has a size of its own.

    Args:
        site: the run.
        processes: brings a database back that stopped for want of space.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """`filled`: whether our file is there.

        Raises:
            RuntimeFailure: the service has no volume.
        """
        if self._site.service(where)["kind"] != DATABASE_KIND:
            raise RuntimeFailure(f"{where} has no volume; only the database has one")
        return {"filled": (await self._look())[1]}

    async def fill_disk(self, service: str) -> None:
        """Write a file until there is no byte left."""
        await self._python(FILLING.format(FILL))

    async def observe(self, where: str) -> Observation:
        """A canary to the database; counts `free_bytes` of its volume."""
        seen = await self._processes.observe(where)
        free_bytes, filled = await self._look()
        state = {**seen.state, "filled": filled}
        return Observation(seen.t_s, seen.canary, seen.latency_s, {"free_bytes": free_bytes}, state)

    async def undo(self, record: UndoRecord) -> None:
        """Remove our file; start the database again if it ended meanwhile."""
        if not record.restore["filled"]:
            await self._python(f"import pathlib; pathlib.Path('{FILL}').unlink(missing_ok=True)")
        await self._processes.bring_back(record.where)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether our file is gone, there is space again, and the database answers."""
        free_bytes, filled = await self._look()
        if filled != record.restore["filled"] or not free_bytes:
            return False
        return await self._processes.is_back(record.where)

    async def _look(self) -> tuple[int, bool]:
        free_bytes, filled = json.loads(await self._python(SPARE.format(INSIDE_DATA, FILL)))
        return int(free_bytes), bool(filled)

    async def _python(self, program: str) -> str:
        """Run a few lines of ours in the container that holds the volume."""
        holder = await self._site.engine.container(DISK)
        code, said = await self._site.engine.call(
            "the volume of the database", holder.exec_run, ["python3", "-c", program]
        )
        if code != 0:
            raise RuntimeFailure(f"the volume of the database: {said.decode()[-300:]}")
        return str(said.decode())


class NetworkOfRun:
    """`NetworkControl`: whether a service is on the run's network.

    Args:
        site: the run.
        processes: looks whether the service answers.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """`address` in the run's network, "" when it is not on it."""
        self._site.service(where)
        return {"address": await self._address(where)}

    async def disconnect(self, service: str) -> None:
        """Take the service off the network: what it sends goes nowhere."""
        (network,) = await self._site.engine.networks()
        await self._site.engine.call(
            f"disconnecting {service}",
            network.disconnect,
            (await self._site.engine.container(service)).id,
        )

    async def observe(self, where: str) -> Observation:
        """A canary straight to the service, and its address."""
        seen = await self._processes.observe(where)
        state = {**seen.state, "address": await self._address(where)}
        return Observation(seen.t_s, seen.canary, seen.latency_s, {}, state)

    async def undo(self, record: UndoRecord) -> None:
        """Put the service back on the network at its address."""
        address = str(record.restore["address"])
        if address and not await self._address(record.where):
            (network,) = await self._site.engine.networks()
            container = await self._site.engine.container(record.where)
            await self._site.engine.call(
                f"connecting {record.where}",
                network.connect,
                container.id,
                ipv4_address=address,
                aliases=[record.where],
            )
        await self._processes.bring_back(record.where)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether it has its address again and answers."""
        if await self._address(record.where) != record.restore["address"]:
            return False
        return await self._processes.is_back(record.where)

    async def _address(self, service: str) -> str:
        attrs = await self._site.inspect(service)
        state = self._site.recovery.read()
        network = attrs["NetworkSettings"]["Networks"].get(state["network"])
        configured = (network or {}).get("IPAMConfig") or {}
        return str(configured.get("IPv4Address", ""))

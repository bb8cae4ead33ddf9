"""Power over who is on the network of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.ports import Observation, UndoRecord
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.site import Site


class NetworkOfRun:
    """`NetworkControl`: whether a service is on the run's network.

    Args:
        site: the run.
        processes: looks whether the service answers.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes
        self._usual: dict[str, Mapping[str, object]] = {}

    async def healthy(self, where: str) -> Mapping[str, object]:
        """`address` in the run's network that it was started with."""
        self._site.service(where)
        if where not in self._usual:
            self._usual[where] = {"address": await self._address(where)}
        return self._usual[where]

    async def disconnect(self, service: str) -> None:
        """Take the service off the network: what it sends goes nowhere."""
        network = await self._network()
        await self._site.engine.call(
            f"disconnecting {service}",
            network.disconnect,
            (await self._site.engine.container(service)).id,
        )

    async def observe(self, where: str) -> Observation:
        """A canary straight to the service, and its address."""
        seen = await self._processes.observe(where)
        state = {**seen.state, "address": await self._address(where)}
        return Observation(seen.t_s, seen.canary, seen.latency_s, seen.counts, state)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Put the service back on the network at its address."""
        address = str(record.restore["address"])
        if address and not await self._address(record.where):
            network = await self._network()
            container = await self._site.engine.container(record.where)
            await self._site.engine.call(
                f"connecting {record.where}",
                network.connect,
                container.id,
                ipv4_address=address,
                aliases=[record.where],
            )
        await self._processes.undo(record, others)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it has its address again and runs."""
        if await self._address(record.where) != record.restore["address"]:
            return False
        return await self._processes.undone(record, others)

    async def _network(self) -> Any:
        """That of the run, among those that a compose file has made for it."""
        name = self._site.recovery.read()["network"]
        return next(one for one in await self._site.engine.networks() if one.name == name)

    async def _address(self, service: str) -> str:
        attrs = await self._site.inspect(service)
        state = self._site.recovery.read()
        network = attrs["NetworkSettings"]["Networks"].get(state["network"])
        configured = (network or {}).get("IPAMConfig") or {}
        return str(configured.get("IPv4Address", ""))

"""Power over what the containers of a run may use: processor and memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from harness.errors import RuntimeFailure
from harness.json_types import JsonDict, JsonObject
from harness.ports import Observation, UndoRecord
from harness.runtimes.docker.processes import ContainersOfRun
from harness.runtimes.docker.site import Site

PERIOD_US = 100_000  # the kernel's own: a container gets its share of each tenth of a second
UNLIMITED_US = -1
IN_USE = "unable to set memory limit"  # runc's words
NS_PER_MS = 1_000_000
MEMORY = "memory"


class CpuOfRun:
    """`CpuControl`: how much of the processor a service gets.

    Args:
        site: the run.
        processes: brings a service back that did not survive.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes
        self._usual: dict[str, Mapping[str, object]] = {}

    async def healthy(self, where: str) -> Mapping[str, object]:
        """`cores`: the limit that it was started with, None for no limit."""
        self._site.service(where)
        if where not in self._usual:
            self._usual[where] = _cores(await self._site.inspect(where))
        return self._usual[where]

    async def limit_cpu(self, service: str, cores: float) -> None:
        """Let the service have so much of the processor."""
        await self._set(service, cores)

    async def observe(self, where: str) -> Observation:
        """A canary, the limit, and how long the kernel held the service back.

        Counts: `held` tenths of a second in which it wanted more than it got, the `held_ms` that
        it had to wait, and `cpu_ms` used.
        """
        seen, figures = await asyncio.gather(
            self._processes.observe(where), self._site.engine.figures(where)
        )
        state = {**seen.state, **_cores(await self._site.inspect(where))}
        counts = {**seen.counts, **_held(figures)}
        return Observation(seen.t_s, seen.canary, seen.latency_s, counts, state)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Set the recorded limit; start the service again if it ended meanwhile."""
        await self._set(record.where, record.restore["cores"])
        await self._processes.undo(record, others)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether the limit reads back as recorded and the service runs."""
        now = _cores(await self._site.inspect(record.where))
        return now == dict(record.restore) and await self._processes.undone(record, others)

    async def _set(self, service: str, cores: float | None) -> None:
        container = await self._site.engine.container(service)
        await self._site.engine.call(
            f"limiting the processor of {service}",
            container.update,
            cpu_period=PERIOD_US,
            cpu_quota=UNLIMITED_US if cores is None else round(cores * PERIOD_US),
        )


def _cores(attrs: JsonObject) -> dict[str, float | None]:
    quota_us = int(attrs["HostConfig"]["CpuQuota"] or UNLIMITED_US)
    return {"cores": quota_us / PERIOD_US if quota_us > 0 else None}


def _held(figures: JsonObject) -> dict[str, int]:
    cpu = figures.get("cpu_stats", {})
    held, used = cpu.get("throttling_data", {}), cpu.get("cpu_usage", {})
    return {
        "held": int(held.get("throttled_periods", 0)),
        "held_ms": int(held.get("throttled_time", 0)) // NS_PER_MS,
        "cpu_ms": int(used.get("total_usage", 0)) // NS_PER_MS,
    }


class MemoryOfRun:
    """`MemoryControl`: how much memory a service may have.

    Args:
        site: the run.
        processes: brings a service back that the kernel killed.
    """

    def __init__(self, site: Site, processes: ContainersOfRun) -> None:
        """Remember them."""
        self._site, self._processes = site, processes
        self._usual: dict[str, Mapping[str, object]] = {}

    async def healthy(self, where: str) -> Mapping[str, object]:
        """`limit_bytes` that it was started with."""
        self._site.service(where)
        if where not in self._usual:
            self._usual[where] = _memory(await self._site.inspect(where))
        return self._usual[where]

    async def limit_memory(self, service: str, limit_bytes: int) -> None:
        """Let the service have so much memory and no swap.

        Kernels with cgroups of version 1 refuse a limit below what is in use: then the service is
        started anew under it, and killed as soon as it needs more.
        """
        self._site.exits.allow(service, MEMORY, may=True)
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
        """A canary, the limit, whether the kernel killed it for want of memory, and when.

        Counts: `used_bytes` now; 0 for one that does not run.
        """
        seen, figures = await asyncio.gather(
            self._processes.observe(where), self._site.engine.figures(where)
        )
        attrs = await self._site.inspect(where)
        counts = {**seen.counts, "used_bytes": int(figures.get("memory_stats", {}).get("usage", 0))}
        state = {**seen.state, **_memory(attrs), **self._killed(attrs["State"])}
        return Observation(seen.t_s, seen.canary, seen.latency_s, counts, state)

    def _killed(self, state: JsonObject) -> JsonDict:
        """When the kernel killed it, on the run clock; the engine says it in UTC."""
        if not state["OOMKilled"]:
            return {"killed_t_s": None}
        ago = datetime.now(UTC) - datetime.fromisoformat(state["FinishedAt"])
        return {"killed_t_s": round(self._site.clock.now_s() - ago.total_seconds(), 3)}

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Set the recorded limit; start the service again if the kernel killed it."""
        await self._set(record.where, int(record.restore["limit_bytes"]))
        await self._processes.undo(record, others)
        self._site.exits.allow(record.where, MEMORY, may=bool(others))

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether the limit reads back as recorded and the service runs."""
        now = _memory(await self._site.inspect(record.where))
        return now == dict(record.restore) and await self._processes.undone(record, others)

    async def _set(self, service: str, limit_bytes: int) -> None:
        container = await self._site.engine.container(service)
        await self._site.engine.call(
            f"limiting the memory of {service}",
            container.update,
            mem_limit=limit_bytes,
            memswap_limit=limit_bytes,
        )


def _memory(attrs: JsonObject) -> dict[str, int]:
    return {"limit_bytes": int(attrs["HostConfig"]["Memory"])}

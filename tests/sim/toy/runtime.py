"""The toy itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.clock import Clock
from harness.errors import UnsupportedFault
from harness.ports import Capability, Observation, Toxic, UndoRecord
from harness.runtimes.sim.clock import VirtualClock
from harness.runtimes.sim.load import SimLoad
from harness.target import Answer, Request, Target
from harness.workload import Load, LoadPlan, Sink

TRAVEL_S = 0.01


@dataclass
class ToyLinks:
    """`LinkControl` over a table: which links are closed, and what was counted at each."""

    clock: Clock
    closed: set[str] = field(default_factory=set)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def attempt(self, link: str) -> bool:
        """Whether a request gets through."""
        self.counts[link, "attempted"] += 1
        self.counts[link, "failed" if link in self.closed else "reached"] += 1
        return link not in self.closed

    async def add_toxic(self, link: str, toxic: Toxic) -> None:
        """Toys have none."""
        raise UnsupportedFault(f"the toy knows no {toxic.type}")

    async def set_enabled(self, link: str, enabled: bool) -> None:
        """Open or close."""
        self.closed.discard(link) if enabled else self.closed.add(link)

    async def healthy(self, where: str) -> Mapping[str, Any]:
        """Open."""
        return {"enabled": True}

    async def observe(self, where: str) -> Observation:
        """A canary and the counts."""
        counts = {name: number for (link, name), number in self.counts.items() if link == where}
        canary = "refused" if where in self.closed else "ok"
        return Observation(self.clock.now_s(), canary, TRAVEL_S, counts)

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Open, unless another fault keeps it closed."""
        await self.set_enabled(record.where, not others)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it is open, or kept closed by another fault."""
        return record.where not in self.closed or bool(others)


class ToyRuntime:
    """`harness.ports.Runtime`."""

    name = "toy"
    service_offset_s = 0.0

    def __init__(self) -> None:
        self._clock = VirtualClock(lambda: asyncio.get_running_loop().time())
        self.clock: Clock = self._clock
        self.links = ToyLinks(self.clock)
        self._target: Target | None = None

    async def start(self, target: Target, design: Mapping[str, Any]) -> None:
        """Every service is there at once."""
        self._target = target

    async def stop(self, *, at_once: bool = False) -> list[str]:
        """Nothing is left."""
        self._target = None
        return []

    def capability(self, capability: Capability) -> Any:
        """Links alone."""
        assert capability is Capability.LINKS
        return self.links

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """Borrowers, as tasks."""
        assert self._target is not None
        self._clock.zero_s = asyncio.get_running_loop().time()
        return SimLoad(plan, self._target, self.clock, [self._exchange], sink)

    async def _exchange(self, request: Request) -> Answer:
        """Over every link, one after the other."""
        assert self._target is not None
        for link in self._target.links:
            await self.clock.sleep(TRAVEL_S)
            if not self.links.attempt(link.name):
                return Answer(503)
        return Answer(200)

    async def ask(self, service: str, request: Request) -> Answer:
        """Straight to a service."""
        return Answer(200, {"entries": []})

    def recovery_state(self) -> Mapping[str, Any]:
        """Nothing outlives the process."""
        return {}

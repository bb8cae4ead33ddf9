"""Carries out a runbook while a run goes on, and writes down what was done and when."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field

from harness.clock import NS, Clock
from harness.looks import Stop
from harness.people import ByHand, People
from harness.ports import Capability, Runtime
from harness.response.runbook import Runbook, RunbookStep, ServedPart
from harness.target import FAILED_OPERATIONS

TICK_S = 0.1  # chosen: how often it is looked at what users get
LEAST = 5  # chosen: operations of which a share is worth saying
ALERT, STEP, OVER = "alert", "step", "over"

Append = Callable[..., object]


@dataclass(frozen=True)
class Surroundings:
    """What whoever is on call can see and do.

    Args:
        counters: of users' `operations` that ended, and of those that failed, so far.
        mend: takes away what is wrong at a place; whether anything was.
    """

    runtime: Runtime
    counters: Mapping[str, int]
    mend: Callable[[str], Coroutine[object, object, bool]]
    stop: Stop

    @property
    def clock(self) -> Clock:
        """The run clock."""
        return self.runtime.clock

    @property
    def people(self) -> People:
        """Whoever may be asked."""
        people: People = self.runtime.capability(Capability.PEOPLE)
        return people


@dataclass
class Responder:
    """Whoever is on call, by a runbook.

    Args:
        append: writes an event of the history.
        by_hand: asks a real person; None: people answer by themselves.
    """

    runbook: Runbook
    world: Surroundings
    append: Append
    by_hand: ByHand | None = None
    _seen: deque[tuple[float, int, int]] = field(default_factory=deque)
    _taken_by: str = ""
    _mending: list[asyncio.Task[bool]] = field(default_factory=list)

    async def watch(self) -> None:
        """Look at what users get; carry out the runbook once it starts."""
        looking = asyncio.create_task(self._look())
        try:
            await self._until(self.runbook.starts)
            self._note(ALERT, "", {"title": self.runbook.title, "ok_ratio": self._share(
                self.runbook.starts.over)})  # fmt: skip
            await self._carry_out()
        finally:
            for task in (looking, *self._mending):
                task.cancel()

    async def _carry_out(self) -> None:
        step: RunbookStep | None = self.runbook.steps[0]
        last, done = self.runbook.steps[0], False
        while step and not self.world.stop.asked:
            last, done = step, await self._one(step)
            step = self.runbook.after(step, done=done)
        self._note(OVER, last.name, {"done": done})

    async def _one(self, step: RunbookStep) -> bool:
        """One step within its time; whether it is done."""
        values: dict[str, object] = {"does": step.does, "about": step.about}
        begun_s = self.world.clock.now_s()
        self._note(STEP, step.name, {**values, "begins": True})
        done = True
        try:
            async with asyncio.timeout(step.timeout):
                await self._do(step)
                if step.verify:
                    await self._until(step.verify)
        except TimeoutError:
            done = False
        took_s = round(self.world.clock.now_s() - begun_s, 3)
        self._note(STEP, step.name, {**values, "begins": False, "done": done, "took_s": took_s})
        return done

    async def _do(self, step: RunbookStep) -> None:
        if step.page:
            await self.world.people.answers(step.page, self.runbook.title, self.by_hand)
            self._taken_by = step.page
        elif step.decide:
            await self.world.people.answers(self._taken_by, step.decide, self.by_hand)
        elif step.mend:  # users may be served long before all of it is done
            mending = asyncio.create_task(self.world.mend(step.mend))
            self._mending.append(mending)
            if not step.verify:
                await asyncio.shield(mending)

    def _note(self, f: str, step: str, v: dict[str, object]) -> None:
        t = int(self.world.clock.now_s() * NS)
        self.append(t=t, p="on-call", type="info", f=f, k=step, v=v, src="response")

    async def _look(self) -> None:
        while True:
            clock, counters = self.world.clock, self.world.counters
            failed = counters.get(FAILED_OPERATIONS, 0)
            self._seen.append((clock.now_s(), counters.get("operations", 0), failed))
            await clock.sleep(TICK_S)

    async def _until(self, wanted: ServedPart) -> None:
        """What users get is as wanted."""
        while (share := self._share(wanted.over)) is None or not wanted.ok_ratio.holds(share):
            await self.world.clock.sleep(TICK_S)

    def _share(self, over_s: float) -> float | None:
        """Of the operations that ended in the last seconds, those that ended well; None: too few
        did."""
        since = [one for one in self._seen if one[0] >= self.world.clock.now_s() - over_s]
        if not since:
            return None
        (_, ended, failed), (_, ended_now, failed_now) = since[0], since[-1]
        count = ended_now - ended
        return 1 - (failed_now - failed) / count if count >= LEAST else None

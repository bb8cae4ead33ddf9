"""The outbox relay: claims due tasks and does them. What raises is done again later, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Coroutine, Sequence
from math import inf

from lending_service.domain import Task
from lending_service.ports import Clock
from lending_service.stores.port import Store, StoreUnavailable

Handler = Callable[[Sequence[Task]], Awaitable[float | None]]
Spawn = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]
Report = Callable[[str, str], None]
LEASE_S = 60.0  # longer than any task runs; a restart does not wait for it
FAILED_FIRST_S, FAILED_CAP_S = 0.2, 5.0  # pause after a task raised; chosen, not measured


class Lane:
    """Tasks of one kind, `width` at once: the bulkhead between kinds.

    Args:
        handle: does up to `batch` tasks; returns seconds until they are to be done again, or None
            when they are done.
        report: told (kind, text) of what went wrong.
        batch: how many tasks are done together. More than one are collected: a lane that knows
            when its next task is due does not look again for each that is added until then.
    """

    def __init__(
        self,
        kind: str,
        width: int,
        handle: Handler,
        store: Store,
        clock: Clock,
        report: Report,
        batch: int = 1,
    ) -> None:
        self.kind = kind
        self.failures = 0
        self._width = width
        self._batch = batch
        self._handle = handle
        self._store = store
        self._clock = clock
        self._report = report
        self._kicked = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._leased_until_s: dict[int, float] = {}
        self._claim_lost = False
        self._alarm: asyncio.Task[None] | None = None

    def kick(self) -> None:
        """There may be something to do."""
        if self._batch == 1 or self._alarm is None or self._alarm.done():
            self._kicked.set()

    async def run(self, spawn: Spawn) -> None:
        """Do tasks as they fall due, for ever; asleep in between, without polling."""
        while True:
            await self._kicked.wait()
            self._kicked.clear()
            try:
                await self._fill(spawn)
                wait_s = await self._wait_s()
            except StoreUnavailable as error:
                self._report(self.kind, f"outbox not read: {error}")
                self._claim_lost = True
                wait_s = FAILED_FIRST_S
            self._set_alarm(spawn, wait_s)

    async def do(self, tasks: Sequence[Task]) -> None:
        """One batch, whatever comes of it."""
        try:
            wait_s = await self._handle(tasks)
        except Exception as error:
            self.failures += 1
            self._report(self.kind, f"task {tasks[0].key}: {type(error).__name__}: {error}")
            wait_s = min(FAILED_CAP_S, FAILED_FIRST_S * 2.0 ** min(tasks[0].attempts - 1, 10))
        await self._write_off(tasks, wait_s)

    def stop(self) -> list[asyncio.Task[None]]:
        """Cancel what runs; the tasks stay in the outbox."""
        found = [*self._running.values(), *([self._alarm] if self._alarm else [])]
        for running in found:
            running.cancel()
        return found

    async def _fill(self, spawn: Spawn) -> None:
        free = self._width - len(self._running)
        if free == 0:
            return
        if self._claim_lost:
            # Tasks may be leased to nobody: the claim was done and its answer lost.
            await self._store.release_leases(self.kind, list(self._leased_until_s))
            self._claim_lost = False
        now_s = self._clock.now_s()
        batch = self._batch
        claimed = await self._store.claim(self.kind, now_s, free * batch, LEASE_S)
        for task in claimed:
            self._leased_until_s[task.id] = now_s + LEASE_S
        for at in range(0, len(claimed), batch):
            self._running[claimed[at].id] = spawn(self._do_in_lane(claimed[at : at + batch]))

    async def _do_in_lane(self, tasks: Sequence[Task]) -> None:
        try:
            await self.do(tasks)
        finally:
            self._running.pop(tasks[0].id, None)
            for task in tasks:
                self._leased_until_s.pop(task.id, None)
            self._kicked.set()

    async def _wait_s(self) -> float | None:
        """Until the next task is due; None when only a kick can bring one, as of those at work."""
        if len(self._running) >= self._width:
            return None
        due_s = await self._store.next_due_s(self.kind)
        if due_s is None or due_s >= min(self._leased_until_s.values(), default=inf):
            return None
        return max(0.0, due_s - self._clock.now_s())

    def _set_alarm(self, spawn: Spawn, wait_s: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None if wait_s is None else spawn(self._ring(wait_s))

    async def _ring(self, wait_s: float) -> None:
        await self._clock.sleep(wait_s)
        self._kicked.set()

    async def _write_off(self, tasks: Sequence[Task], wait_s: float | None) -> None:
        """Tell the store, until it has heard: a task nobody wrote off would wait for its lease."""
        while True:
            try:
                if wait_s is None:
                    await self._store.finish(*tasks)
                else:
                    await self._store.reschedule(self._clock.now_s() + wait_s, *tasks)
            except StoreUnavailable as error:
                self._report(self.kind, f"task {tasks[0].key} not written off: {error}")
                await self._clock.sleep(FAILED_FIRST_S)
            else:
                return


class Worker:
    """All lanes of one service."""

    def __init__(self, lanes: list[Lane]) -> None:
        self.lanes = {lane.kind: lane for lane in lanes}
        self._loops: list[asyncio.Task[None]] = []

    def kick(self, kind: str) -> None:
        """A task of `kind` was added."""
        self.lanes[kind].kick()

    def start(self, spawn: Spawn, waiting: Container[str]) -> None:
        """Start every lane.

        Args:
            waiting: kinds of which there are tasks already.
        """
        for kind, lane in self.lanes.items():
            if kind in waiting:
                lane.kick()
        self._loops = [spawn(lane.run(spawn)) for lane in self.lanes.values()]

    async def stop(self) -> None:
        """End every lane, and wait until it has ended."""
        ending = list(self._loops)
        for loop in self._loops:
            loop.cancel()
        for lane in self.lanes.values():
            ending += lane.stop()
        await asyncio.gather(*ending, return_exceptions=True)

"""The load in virtual time: the same arrivals and journeys as on sockets, as tasks of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

from harness.clock import NS, Clock
from harness.load.addresses import Addresses, goes_on
from harness.load.arrivals import OPEN_MAX, Arrival, Tally, arrivals, journey_dice
from harness.load.driver import AtOnce, Drive, Send, SleepUntil, drive, find_journey
from harness.target import Answer, Completion, Request, Target
from harness.workload import LoadPlan, LoadReport, Sink

Exchange = Callable[[Request], Awaitable[Answer]]


class SimLoad:
    """A running load (`harness.workload.Load`).

    Args:
        clock: the run clock; its zero is the first possible arrival.
        exchanges: each sends a borrower's request over one of the entry links.
        sink: takes each event.
        others: program -> sends a request to it, where it is another than the entry's.
    """

    def __init__(
        self,
        plan: LoadPlan,
        target: Target,
        clock: Clock,
        exchanges: Sequence[Exchange],
        sink: Sink,
        others: Mapping[str, Exchange] = MappingProxyType({}),
    ) -> None:
        """Resolve every name before anything is sent."""
        self._plan = plan
        self._arrivals = arrivals(plan)
        self._kinds = {name: find_journey(name, plan.refs, target) for name in plan.journeys}
        self._target = target
        self._clock = clock
        self._addresses = Addresses(exchanges)
        self._sink = sink
        self._others = others
        self._open: dict[int, asyncio.Task[None]] = {}
        self._tally = Tally()
        self._over = asyncio.Event()
        self._main = asyncio.get_running_loop().create_task(self._run())
        self._main.add_done_callback(lambda _: self._over.set())

    async def wait(self) -> LoadReport:
        """Until every journey ended or was cut at the end of the drain.

        Raises:
            Exception: a journey or the target raised: a defect of the harness.
        """
        await self._over.wait()
        if not self._main.cancelled():
            self._main.result()
        return self._report()

    async def stop(self) -> LoadReport:
        """End it now."""
        self._main.cancel()
        await self._over.wait()
        return self._report()

    def _report(self) -> LoadReport:
        return self._tally.report(len(self._arrivals))

    async def _run(self) -> None:
        try:
            for arrival in self._arrivals:
                await self._until(arrival.t_s)
                self._admit(arrival)
            await self._until(self._plan.duration_s)
            async with asyncio.timeout(self._plan.drain_s):
                await asyncio.gather(*self._open.values())
        except TimeoutError:
            pass  # what is open at the end of the drain is cut, as planned
        finally:
            for task in list(self._open.values()):
                task.cancel()

    def _admit(self, arrival: Arrival) -> None:
        if len(self._open) >= OPEN_MAX:
            self._tally.dropped += 1
            return
        task = asyncio.get_running_loop().create_task(self._journey(arrival))
        self._open[arrival.number] = task
        task.add_done_callback(lambda done: self._ended(arrival.number, done))

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        """A journey that raised ends the load: it stays in the list, for the last wait to find."""
        if task.cancelled() or task.exception() is None:
            self._open.pop(number, None)

    async def _journey(self, arrival: Arrival) -> None:
        self._tally.started(arrival, self._clock.now_s())
        dice = journey_dice(self._plan, arrival.number)
        steps = drive(
            self._kinds[arrival.journey].steps(arrival.number, dice),
            name=f"{arrival.journey}/{arrival.number}",
            due_ns=round(arrival.t_s * NS),
            target=self._target,
            emit=self._sink,
            now_ns=lambda: round(self._clock.now_s() * NS),
        )
        await play(steps, self._ask, self._clock)

    async def _ask(self, request: Request) -> Answer:
        """One request, at the first of the addresses that answers."""
        if request.to in self._others:
            return await self._others[request.to](request)
        for exchange in self._addresses:
            answer = await exchange(request)
            self._addresses.learn(exchange, answer)
            if not goes_on(request, answer):
                break
        return answer

    async def _until(self, t_s: float) -> None:
        await self._clock.sleep(t_s - self._clock.now_s())


async def play(steps: Drive, exchange: Exchange, clock: Clock) -> Completion | None:
    """Lead one journey, or a part of it, to its end."""
    reply: Answer | tuple[Completion | None, ...] | None = None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration as end:
            done: Completion | None = end.value
            return done
        reply = None
        if isinstance(step, SleepUntil):
            await clock.sleep(step.t_ns / NS - clock.now_s())
        elif isinstance(step, AtOnce):
            async with asyncio.TaskGroup() as group:
                parts = [group.create_task(play(part, exchange, clock)) for part in step.parts]
            reply = tuple(part.result() for part in parts)
        elif isinstance(step, Send):
            reply = await exchange(step.request)

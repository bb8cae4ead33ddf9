"""The fast path of exploration: one journey (or a few), a few calls that go wrong, one trace.

    stage = Stage(design)                          # once a design
    trace = stage.run(Scenario(("consumer",), seed=1))
    trace.points     ->  {Point("lending->payment_a", 1): "POST /v1/payouts", ...}
    stage.run(Scenario(("consumer",), 1, {Point("lending->payment_a", 1): Mode.REPLY_LOST}))

Each run has a world of its own: fresh services, fresh stores, time from zero. There is no runner,
no gate, no file. The world is let run until nothing more happens (or the time to answer is over,
which counts from the last fault), then everything that the borrower was promised is read, and every
ledger: the history holds what checkers need.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache, partial
from math import prod

from harness.clock import NS
from harness.history import History
from harness.load.driver import NO_REFS, drive, find_journey
from harness.model import Phase
from harness.plugins import DEFAULT_TARGET
from harness.rng import Seed
from harness.runtimes.sim.calls import Talk
from harness.runtimes.sim.clock import VirtualClock
from harness.runtimes.sim.collector import BatchedCollector
from harness.runtimes.sim.environment import furnish, scripted
from harness.runtimes.sim.load import play
from harness.runtimes.sim.loop import Deadlock, SimLoop
from harness.runtimes.sim.machine import simulated_machine
from harness.runtimes.sim.modes import Mode, modes_for
from harness.runtimes.sim.network import Network
from harness.runtimes.sim.pair import is_pair
from harness.runtimes.sim.recorder import Recorder
from harness.runtimes.sim.replication import Standby
from harness.runtimes.sim.runtime import build, in_order
from harness.runtimes.sim.scripted import Script, ScriptedWire
from harness.scenario import Point, Scenario, Trace
from harness.target import Call, LinkSpec, Request, Target, core_of, entry_service, load_target

__all__ = ["Mode", "Point", "Scenario", "Stage", "Trace", "modes_for"]

ANSWER_S = 15.0  # the default of the objectives: then everything promised is answered
ROUNDS_MAX = 4  # reads name loans that are read in the next round


class Stage:
    """Runs scenarios of one design (`harness.scenario.Stage`).

    Args:
        design: its document.
        target: dotted name, or path, of the module with TARGET; its `core` is what runs.
        answer_s: how long the world is let run after the journeys.
        refs: journey -> dotted name, or path, of its module, where it is no shipped one.
    """

    def __init__(
        self,
        design: Mapping[str, object],
        target: str = DEFAULT_TARGET,
        answer_s: float = ANSWER_S,
        refs: Mapping[str, str] = NO_REFS,
    ) -> None:
        """Remember them."""
        self.design = design
        self.answer_s = answer_s
        self.target: Target = core_of(load_target(target))
        self.entry_service = entry_service(self.target)
        self.services = in_order(self.target.services)
        self.journey = lru_cache(partial(find_journey, refs=refs, target=self.target))
        self._collector = BatchedCollector()

    def modes(self, operation: str) -> tuple[str, ...]:
        """How a call with this operation can go wrong."""
        return tuple(mode.value for mode in modes_for(operation))

    def run(self, scenario: Scenario) -> Trace:
        """Run one scenario in a world of its own.

        Raises:
            ValueError: a mode does not fit its call.
        """
        loop = SimLoop(Seed(scenario.seed).stream("sim/order"))
        with self._collector, simulated_machine(scenario.seed):
            try:
                world = _World(self, scenario, loop)
                stuck = ""
                try:
                    loop.run_until_complete(world.play())
                except Deadlock as error:
                    stuck = str(error)
                if world.script.misfit:
                    raise ValueError(world.script.misfit)
                return loop.run_until_complete(world.finish(stuck))
            finally:
                loop.close()


class _World:
    """One scenario while it runs."""

    def __init__(self, stage: Stage, scenario: Scenario, loop: SimLoop) -> None:
        self.loop = loop
        self.scenario = scenario
        self.journeys = scenario.journeys * prod(one.times for one in scenario.settings)
        self.apart_s = max((one.apart_s for one in scenario.settings), default=0.0)
        self.target = stage.target
        self.entry_service = stage.entry_service
        self.services = stage.services
        self.journey = stage.journey
        self.answer_s = stage.answer_s
        self.clock = VirtualClock(loop.time)
        self.script = Script({p: Mode(mode) for p, mode in scenario.faults.items()})
        self.record = Recorder(loop, scenario.seed)
        self.script.events = self.record.events
        self.disk: dict[str, object] = {}
        self.standbys: set[str] = set()
        self.network: Network = build(
            loop, self.target, stage.design, scenario.seed, "scenario", 0.0, ScriptedWire, self.disk
        )
        self.talk = Talk(self.network, self.target, self.clock, "scenario")

    async def play(self) -> None:
        """Journeys, and whatever follows from them."""
        await self._start()
        await asyncio.gather(*(self._journey(n) for n in range(len(self.journeys))))
        await self._answers()

    async def _answers(self) -> None:
        """Let time pass in which promises are kept: it counts from the last fault as well."""
        over_s, known = self.loop.time(), -1
        while known < len(self.script.fired):
            known = len(self.script.fired)
            over_s = max([over_s, *(fired.t_over_s for fired in self.script.fired)])
            await self.loop.quiet(over_s + self.answer_s)

    async def finish(self, stuck: str) -> Trace:
        """Read everything, end everything."""
        for fired in self.script.fired:
            self.record.fault(fired)
        self.record.phase(Phase.SETTLED)
        seen = await self._last_reads()
        await self._ledgers()
        for wire in self.network.wires.values():
            wire.enable(enabled=False)  # what is still on its way goes no further
        for host in self.network.hosts.values():
            host.kill()
        history = seen.longer(self.record.events[len(seen.events) :])
        return Trace(
            self.scenario,
            history,
            self.script.points,
            tuple(self.script.fired),
            stuck,
            tuple(self.script.marks),
            self.script.landed,
            frozenset(self.standbys),
        )

    async def _start(self) -> None:
        settings = self.scenario.settings
        awake = scripted(settings)
        for service in self.services:
            if service.scripted and service.name not in awake:
                self.script.asleep.add(service.name)
            else:
                await self.network.host(service.name).start()
        await furnish(settings, self.talk, self.disk)
        for spec in self.target.links:
            self._attend(spec)
        self.record.phase(Phase.BASELINE)

    def _attend(self, spec: LinkSpec) -> None:
        """From now on calls over a link count."""
        wire = self.network.wires[spec.name]
        assert isinstance(wire, ScriptedWire)
        wire.script = self.script
        wire.caller = self.network.hosts.get(spec.caller)
        if is_pair(pair := self.disk.get(spec.callee)):
            wire.standby = Standby(pair, wire.callee, self.loop)
            self.standbys.add(spec.name)

    async def _journey(self, number: int) -> None:
        name = self.journeys[number]
        if self.apart_s:
            await self.clock.sleep(number * self.apart_s)
        dice = Seed(self.scenario.seed).stream(f"load/journey/{number}")
        steps = drive(
            self.journey(name).steps(number, dice),
            name=f"{name}/{number}",
            due_ns=round(self.loop.time() * NS),
            target=self.target,
            emit=self.record.take,
            now_ns=self.record.now_ns,
        )
        entry = self.network.wires[self.target.entry]
        await play(steps, partial(self.talk.ask, entry, closes=True), self.clock)

    async def _last_reads(self) -> History:
        """Read what was promised; the history up to here."""
        done: dict[str, None] = {}
        seen = self.record.history()
        for round_ in range(ROUNDS_MAX):
            calls = self.target.final_reads(seen)
            calls = [call for call in calls if f"{call.f}/{call.k}" not in done]
            for number, call in enumerate(calls):
                done[f"{call.f}/{call.k}"] = None
                await self._read(f"checker/{round_}.{number}", call)
            if not calls:
                break
            seen = seen.longer(self.record.events[len(seen.events) :])
        return seen

    async def _read(self, process: str, call: Call) -> None:
        self.record.invoke(process, call)
        request = self.target.request(call)
        answer = await self.talk.read(self.entry_service, request)
        self.record.complete(process, call, self.target.classify(call, answer))

    async def _ledgers(self) -> None:
        for service in self.target.services:
            if service.name in self.script.asleep:
                self.record.ledger(service.name, [])
            elif service.scripted:
                answer = await self.talk.read(service.name, Request("GET", "/_ledger"))
                self.record.ledger(service.name, answer.body.get("entries", []))

"""Interprets the fault schedule: inject, hold, heal. Knows no kind of fault.

         at - 2.2 s     at                             at + for
    ─────┤ prepare ─────┤ inject ──────── hold ────────┤ heal ──── as before? ── proof, report
         └ look: before └ looks: active ...            └ looks: after

The schedule waits for nothing but the injections and the undos themselves; `harness.looks` goes on
beside it. A step that repeats has one schedule, and one proof.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial

from harness.clock import Clock
from harness.errors import HealFailed
from harness.experiment import Step
from harness.looks import TICK_S, Looks, Stop, Traffic, worse
from harness.model import FaultReport, Outcome
from harness.ports import Control, Observation, Proof, Runtime
from harness.troubles import Troubles
from harness.undo.faultlog import Entry, FaultLog

LOOK_S = 2.2  # a look waits at most 2 s for its canary
LEAST_S = 1e-6  # a shorter sleep may not move a clock at all, for ever
AGAIN_S = 0.1  # chosen: from one look to the next until the place answers as before

Record = Callable[[str, str, str, Mapping[str, object]], None]


async def sleep_until(clock: Clock, t_s: float, stop: Stop) -> None:
    """Let time pass until `t_s` on the run clock, or until asked to stop."""
    while not stop.asked and (left_s := t_s - clock.now_s()) > 0:
        await clock.sleep(min(TICK_S, max(left_s, LEAST_S)))


@dataclass
class Case:
    """One step while it is carried out.

    Args:
        prepared: written down, not injected yet.
        spans: when it was injected and undone, run clock, s.
    """

    step: Step
    control: Control
    looks: Looks
    prepared: Entry | None = None
    spans: list[tuple[float, float]] = field(default_factory=list)
    undone: bool = True


@dataclass
class Nemesis:
    """The process that breaks things.

    Args:
        runtime: gives the controls.
        log: the only way to inject.
        record: writes a nemesis event: (type, fault, where, values).
        traffic: counts of a place that the history has: `attempted`, `failed`.
        under_test: whether it is the service under test that answers at a place.
        answers: the service that does.
        felt_at: places whose trouble makes calls at a place fail.
        quiet_at_s: when the last fault is to be undone, run clock.
        patience_s: how long after that a place may answer worse than before its first fault.
    """

    runtime: Runtime
    log: FaultLog
    record: Record
    traffic: Traffic = lambda where: {}
    under_test: Callable[[str], bool] = lambda where: True
    answers: Callable[[str], str] = lambda where: where
    felt_at: Callable[[str], frozenset[str]] = lambda where: frozenset({where})
    quiet_at_s: float = 0.0
    patience_s: float = 10.0
    unhealed: list[str] = field(default_factory=list)
    _usual: dict[str, Observation] = field(default_factory=dict)
    _open: list[tuple[str, float, asyncio.Event]] = field(default_factory=list)
    _endings: list[asyncio.Task[None]] = field(default_factory=list)
    _troubles: Troubles = field(init=False)
    _mending: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Nothing is wrong yet."""
        self._troubles = Troubles(self.answers, self.felt_at)

    async def carry_out(self, step: Step, stop: Stop) -> None:
        """One step until its last undo; nothing when it was stopped before the injection.

        A failure to heal is kept in `unhealed`: the run is unsafe then.
        """
        case = self._case(step)
        await sleep_until(self.runtime.clock, step.at_s - LOOK_S, stop)
        if stop.asked:
            return
        if self._ending(step.fault.where, step.at_s):
            case.looks.healthy = self._usual.get(step.fault.where)
        case.looks.begin("before")
        await self._prepare(case)
        try:
            while case.prepared and not stop.asked:
                await self._window(case, stop)
        finally:
            if case.prepared:
                self.log.cancel(case.prepared)
            if case.spans:
                self._endings.append(asyncio.create_task(self._end(case, stop)))
            else:
                case.looks.drop()

    async def mend(self, where: str) -> bool:
        """Undo what is wrong at a place before its time, as an operator would.

        Returns:
            whether anything was.
        """
        open_ = [healed for at, _, healed in self._open if at == where and not healed.is_set()]
        if open_:
            self._mending.add(where)
        for healed in open_:
            await healed.wait()
        return bool(open_)

    async def finish(self) -> None:
        """Until every step is reported."""
        await asyncio.gather(*self._endings)

    def abandon(self) -> None:
        """Report nothing more."""
        for ending in self._endings:
            ending.cancel()

    def _case(self, step: Step) -> Case:
        control: Control = self.runtime.capability(step.fault.capability)

        def note(when: str, seen: Observation) -> None:
            self._usual.setdefault(step.fault.where, seen)
            self._note(Outcome.OK, step, "observe", {"when": when, **asdict(seen)})

        clock, troubles = self.runtime.clock, self._troubles
        beside = partial(troubles.beside, step.fault.where)
        others = partial(troubles.others, step)
        looks = Looks(step.fault, control, clock, note, self.traffic, beside=beside, others=others)
        return Case(step, control, looks)

    async def _prepare(self, case: Case) -> None:
        """Write down what undoes the next window, before it begins."""
        step, number = case.step, len(case.looks.ids)
        if number < len(step.windows):
            ttl_s = step.windows[number][1] - self.runtime.clock.now_s()
            case.prepared = await self.log.prepare(step.fault, case.control, ttl_s)
            case.looks.ids.append(case.prepared.id)

    async def _window(self, case: Case, stop: Stop) -> None:
        """One window, from the planned instant until the undo is proven."""
        step, clock, entry = case.step, self.runtime.clock, case.prepared
        assert entry
        at_s, heal_at_s = step.windows[len(case.spans)]
        await sleep_until(clock, at_s, stop)
        for other in self._ending(step.fault.where, at_s):  # windows may touch: first the undo
            await other.wait()
        self._notice_thieves(entry, stop)
        if stop.asked:
            return
        healed = asyncio.Event()
        self._open.append((step.fault.where, heal_at_s, healed))
        try:
            await self._hold(case, entry, stop)
        finally:
            healed.set()

    def _ending(self, where: str, t_s: float) -> list[asyncio.Event]:
        """Of each window at a place that is open and is to end until `t_s`: its end."""
        return [
            healed
            for at, until_s, healed in self._open
            if at == where and until_s <= t_s and not healed.is_set()
        ]

    async def _hold(self, case: Case, entry: Entry, stop: Stop) -> None:
        """Inject, keep it for as long as it is to last, heal."""
        trouble = self._troubles.begins(case.step, self.runtime.clock.now_s())
        t_set_s = await self._inject(case, entry)
        watch = asyncio.create_task(case.looks.watch())
        try:
            await self._prepare(case)
            await self._last(t_set_s + case.step.for_s, case.step.fault.where, stop)
        finally:
            watch.cancel()
            self._notice_thieves(entry, stop)
            case.undone &= await self._heal(case, entry)
            trouble.until_s = self.runtime.clock.now_s()
            case.spans.append((t_set_s, trouble.until_s))

    async def _last(self, until_s: float, where: str, stop: Stop) -> None:
        """Let it last, unless somebody mends it."""
        clock = self.runtime.clock
        while where not in self._mending and (now_s := clock.now_s()) < until_s and not stop.asked:
            await sleep_until(clock, min(until_s, now_s + TICK_S), stop)
        self._mending.discard(where)

    async def _inject(self, case: Case, entry: Entry) -> float:
        """Returns when all of it was done, run clock, s."""
        t_set_s = 0.0

        def done() -> None:
            nonlocal t_set_s
            t_set_s = self.runtime.clock.now_s()
            values = {"id": entry.id, "undo": entry.undo.as_data()}
            self._note(Outcome.OK, case.step, "inject", values)

        case.prepared = None
        self._note("invoke", case.step, "inject", {"id": entry.id})
        await self.log.apply(entry, case.control, done)
        return t_set_s

    async def _heal(self, case: Case, entry: Entry) -> bool:
        def done() -> None:
            values = {"id": entry.id, "proven_undone": True}
            self._note(Outcome.OK, case.step, "heal", values)

        self._note("invoke", case.step, "heal", {"id": entry.id})
        try:
            await self.log.heal(entry, case.control, done)
        except HealFailed as error:
            self.unhealed.append(str(error))
            values = {"id": entry.id, "proven_undone": False, "why": str(error)}
            self._note(Outcome.INFO, case.step, "heal", values)
            return False
        return True

    def _notice_thieves(self, entry: Entry, stop: Stop) -> None:
        """A run that stood still learns here that its faults were taken away meanwhile."""
        for now in self.log.entries():
            if now.id == entry.id and not now.active:
                stop.ask(f"{now.kind} at {now.where} was undone by the {now.by} before its time")

    async def _end(self, case: Case, stop: Stop) -> None:
        """Look until the place answers as it did before its first fault, then report."""
        clock, looks, where = self.runtime.clock, case.looks, case.step.fault.where
        usual = self._usual[where].canary if where in self._usual else "ok"
        until_s = max(clock.now_s(), self.quiet_at_s) + self.patience_s
        while (seen := await looks.once_more(stop)) and worse(seen, usual):
            if clock.now_s() >= until_s:
                break
            await clock.sleep(AGAIN_S)
        t_ready_s = clock.now_s()
        self._troubles.over(case.step)
        await looks.end(stop)
        complaint = ""
        if seen and worse(seen, usual):
            complaint = f"a canary gets {seen.canary}; before the first fault it got {usual}"
        self._report(case, t_ready_s, complaint)

    def _report(self, case: Case, t_ready_s: float, complaint: str) -> None:
        """Say what became of the fault; one that was cut short was not seen whole."""
        step, (t_inject_s, _), (_, t_heal_s) = case.step, case.spans[0], case.spans[-1]
        proof = case.looks.proof() if len(case.spans) == len(step.windows) else None
        seen = proof or Proof(False, "it was cut short", {})
        report = FaultReport(
            kind=step.fault.kind,
            where=step.fault.where,
            proven=seen.proven,
            undone=case.undone,
            t_inject_s=round(t_inject_s, 3),
            t_heal_s=round(t_heal_s, 3),
            evidence={"claim": seen.why, **seen.numbers},
            cut_short=proof is None,
            injections=len(case.spans),
            ready_s=None if complaint else round(t_ready_s - t_heal_s, 3),
            worse=complaint if self.under_test(step.fault.where) else "",
            unready="" if self.under_test(step.fault.where) else complaint,
        )
        self._note(Outcome.OK, step, "report", {"report": asdict(report)})

    def _note(self, type_: str, step: Step, action: str, values: Mapping[str, object]) -> None:
        self.record(type_, step.fault.kind, step.fault.where, {"action": action, **values})

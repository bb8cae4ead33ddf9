"""Interprets the fault schedule: inject, prove it bit, hold, heal, prove it healed. Knows no kind
of fault.

                 at                                      at + for
    ── observe ──┤ inject ── observe (early) ── hold ── observe (late) ├── heal ── observe (after)
    ── proof
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from harness.clock import Clock
from harness.errors import HealFailed
from harness.experiment import Step
from harness.model import FaultReport, Outcome
from harness.ports import Control, Observation, Proof, Runtime, Seen
from harness.undo.faultlog import Entry, FaultLog

TICK_S = 0.05  # chosen: how soon a stop is noticed
LOOK_S = 2.2  # an observation waits at most 2 s for its canary

T = TypeVar("T")
Record = Callable[[str, str, str, Mapping[str, Any]], None]


@dataclass
class Stop:
    """Set from outside to end everything early; the reason is kept."""

    reason: str = ""

    @property
    def asked(self) -> bool:
        """Whether to end."""
        return bool(self.reason)

    def ask(self, reason: str) -> None:
        """End, for the first reason given."""
        self.reason = self.reason or reason


async def sleep_until(clock: Clock, t_s: float, stop: Stop) -> None:
    """Let time pass until `t_s` on the run clock, or until asked to stop."""
    while not stop.asked and (left_s := t_s - clock.now_s()) > 0:
        await clock.sleep(min(TICK_S, left_s))


async def unless_stopped(clock: Clock, work: Coroutine[Any, Any, T], stop: Stop) -> T | None:
    """What `work` gives; None as soon as a stop is asked for."""
    task = asyncio.create_task(work)
    try:
        while not task.done() and not stop.asked:
            await clock.sleep(TICK_S)
        return task.result() if task.done() else None
    finally:
        task.cancel()


@dataclass
class Nemesis:
    """The process that breaks things.

    Args:
        runtime: gives the controls.
        log: the only way to inject.
        record: writes a nemesis event: (type, fault, where, values).
    """

    runtime: Runtime
    log: FaultLog
    record: Record
    unhealed: list[str] = field(default_factory=list)

    async def carry_out(self, step: Step, stop: Stop) -> None:
        """One fault from before to after; nothing when it was stopped before the injection.

        A failure to heal is kept in `unhealed`: the run is unsafe then.
        """
        fault, clock = step.fault, self.runtime.clock
        control: Control = self.runtime.capability(fault.capability)
        await sleep_until(clock, step.at_s - LOOK_S, stop)
        before = await self._look(control, step, "before", stop)
        await sleep_until(clock, step.at_s, stop)
        if before is None or stop.asked:
            return
        self._note("invoke", step, "inject", {})
        entry = await self.log.inject(fault, control, step.for_s)
        t_inject_s = clock.now_s()
        self._note(Outcome.OK, step, "inject", {"undo": entry.undo.as_data()})
        early = late = None
        try:
            early = await self._look(control, step, "early", stop)
            await sleep_until(clock, t_inject_s + step.for_s - LOOK_S, stop)
            late = await self._look(control, step, "late", stop)
            await sleep_until(clock, t_inject_s + step.for_s, stop)
        finally:
            self._notice_thieves(entry, stop)
            undone = await self._heal(entry, control, step)
        t_heal_s = clock.now_s()
        after = await self._look(control, step, "after", stop)
        whole = Seen(before, early, late, after) if early and late and after else None
        self._report(step, whole, undone, t_inject_s, t_heal_s)

    async def _look(
        self, control: Control, step: Step, when: str, stop: Stop
    ) -> Observation | None:
        """An observation may wait for its canary: whoever asks to stop does not wait for it."""
        work = control.observe(step.fault.where)
        if (seen := await unless_stopped(self.runtime.clock, work, stop)) is None:
            return None
        self._note(Outcome.OK, step, "observe", {"when": when, **asdict(seen)})
        return seen

    def _notice_thieves(self, entry: Entry, stop: Stop) -> None:
        """A run that stood still learns here that its faults were taken away meanwhile."""
        for now in self.log.entries():
            if now.id == entry.id and not now.active:
                stop.ask(f"{now.kind} at {now.where} was undone by the {now.by} before its time")

    async def _heal(self, entry: Entry, control: Control, step: Step) -> bool:
        self._note("invoke", step, "heal", {})
        try:
            await self.log.heal(entry, control)
        except HealFailed as error:
            self.unhealed.append(str(error))
            self._note(Outcome.INFO, step, "heal", {"proven_undone": False, "why": str(error)})
            return False
        self._note(Outcome.OK, step, "heal", {"proven_undone": True})
        return True

    def _report(
        self, step: Step, seen: Seen | None, undone: bool, t_inject_s: float, t_heal_s: float
    ) -> None:
        """Say what became of the fault; one that was cut short was not seen whole."""
        proof = step.fault.proof(seen) if seen else Proof(False, "it was cut short", {})
        report = FaultReport(
            kind=step.fault.kind,
            where=step.fault.where,
            proven=proof.proven,
            undone=undone,
            t_inject_s=round(t_inject_s, 3),
            t_heal_s=round(t_heal_s, 3),
            evidence={"claim": proof.why, **proof.numbers},
            cut_short=seen is None,
        )
        self._note(Outcome.OK, step, "report", {"report": asdict(report)})

    def _note(self, type_: str, step: Step, action: str, values: Mapping[str, Any]) -> None:
        self.record(type_, step.fault.kind, step.fault.where, {"action": action, **values})

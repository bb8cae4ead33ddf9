"""The system under exploration: a design in the simulation, judged by every invariant.

plan ──> scenario ──> trace ──> checkers ──> what broke
                        └─────> states.py ──> where worlds are the same
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from harness.checker import Checker, check_all
from harness.errors import HarnessError
from harness.explore.plans import Broken, CallPoint, Plan, Seen
from harness.explore.state_equivalence import SAFE, Meaning, signature, states
from harness.explore.windows import judged
from harness.history import History
from harness.model import Objectives, Validity, Verdict
from harness.plugins import SHIPPED
from harness.registry import Vocabulary, load_vocabulary
from harness.runtime_registry import load_runtime
from harness.scenario import Point, Scenario, Stage, Trace
from harness.target import (
    Call,
    Factors,
    Setting,
    Target,
    core_of,
    entry_service,
    objectives_of,
)

SIM = "sim"
CATALOGUE = f"{SHIPPED}."
ANSWERED = frozenset({"error_before", "denied", "busy", "intercepted"})
GARBLED = frozenset({"garbled", "strange"})
SAFE_MODES = frozenset({"refused", "request_lost", "slow"}) | (ANSWERED - {"intercepted"}) | GARBLED
NOT_AT_ENTRY = frozenset({"refused", "error_after"}) | ANSWERED | GARBLED
OF_A_STANDBY = frozenset({"promote", "stale"})
AS_BEFORE = "crash_before_write"  # right after another write: the crash after that one
STORE = "postgres"
STUCK = "everybody_is_answered"
CRASHED = "the checker crashed"


@dataclass(frozen=True)
class SimWorld:
    """One design under one or a few journeys (`harness.explore.plans.World`).

    Args:
        design: its document.
        journeys: names; they start together.
        seed: of every world.
        target: dotted name, or path, of the module with TARGET; "" for the default one.
        environment: settings of every world; a plan's own go before them.
    """

    design: Mapping[str, object]
    journeys: tuple[str, ...]
    seed: int
    target: str = ""
    environment: Plan = ()

    @cached_property
    def _stage(self) -> Stage:
        words, stage = self._words, load_runtime(SIM).stage
        if stage is None:
            raise HarnessError(f"the runtime {SIM} runs no scenarios")
        return stage(self.design, words.source.ref, words.journey_refs)

    @cached_property
    def _words(self) -> Vocabulary:
        return load_vocabulary(self.target)

    @cached_property
    def _target(self) -> Target:
        return core_of(self._words.target)

    @cached_property
    def _checkers(self) -> list[Checker]:
        return checkers_of(self._words)

    @cached_property
    def _objectives(self) -> Objectives:
        contract = {**self._target.contract, "tries_lost_at": self._lost_at()}
        return replace(objectives_of(self._target), contract=contract)

    def _lost_at(self) -> tuple[str, ...]:
        """Where all tries of a borrower can be lost: his line, the service, and its records."""
        target = self._target
        front = entry_service(target)
        own = [link for link in target.links if link.caller == front]
        stores = [link.name for link in own if link.protocol == STORE]
        return target.entry, front, *stores

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Run one world from its beginning and judge it.

        Raises:
            HarnessError: a checker crashed: a defect of the checker.
        """
        trace = self.trace(plan)
        history = judged(trace, self._target)
        verdicts = self.verdicts(history)
        calls = () if leaf else tuple(self._calls(trace, history))
        return Seen(calls, tuple(_broken(verdicts, trace.stuck)), signature(trace, history))

    @property
    def system(self) -> Target:
        """The system under test."""
        return self._target

    def verdicts(self, history: History) -> tuple[Verdict, ...]:
        """What every checker says of a world."""
        return check_all(self._checkers, history, self._objectives)

    def trace(self, plan: Plan) -> Trace:
        """Run one world from its beginning."""
        calls = [fault for fault in plan if not fault.is_setting]
        faults = {Point.parse(fault.point): fault.mode for fault in calls}
        settings = self._settings(plan)
        return self._stage.run(Scenario(self.journeys, self.seed, faults, settings))

    def _settings(self, plan: Plan) -> tuple[Setting, ...]:
        chosen = {one.point: one.mode for one in (*self.environment, *plan) if one.is_setting}
        factors = factors_of(self._target) if chosen else {}
        return tuple(factors[name][value] for name, value in chosen.items())

    def _calls(self, trace: Trace, history: History) -> Iterator[CallPoint]:
        known = states(trace, history, self._meaning(history))
        hit = {fired.point for fired in trace.fired}
        before: tuple[str, str, int] | None = None
        waits = _waits(trace)
        for (point, operation), state, mark in zip(
            trace.points.items(), known, trace.marks, strict=True
        ):
            modes = self._stage.modes(operation)
            there = [m for m in modes if m not in OF_A_STANDBY or point.edge in trace.standbys]
            if not waits and before == (point.edge, operation, mark):
                there = [m for m in there if m != AS_BEFORE]
            before = None if point in hit else (point.edge, operation, mark)
            kept = tuple(mode for mode in there if self._tells(mode, point.edge, operation))
            yield CallPoint(str(point), operation, kept, len(modes) - len(kept), *state)

    def _meaning(self, history: History) -> Meaning:
        asked = {event.f: event for event in history.of("client") if event.type == "invoke"}
        reads = [f for f, event in asked.items() if self._safe(Call(f, event.k, event.v))]
        return Meaning(self._target.contract.get("terminal", ()), reads, self._target.entry)

    def _safe(self, call: Call) -> bool:
        return f"{self._target.request(call).method} " in SAFE

    def _tells(self, mode: str, edge: str, operation: str) -> bool:
        """Whether a mode can show what another one does not.

        A safe request changes nothing, so whether it was applied cannot be told. On the way from
        the borrower, what never reaches the service or answers in its place says nothing of it.
        """
        if operation.startswith(SAFE) and mode not in SAFE_MODES:
            return False
        return edge != self._target.entry or mode not in NOT_AT_ENTRY


def _waits(trace: Trace) -> bool:
    """Whether a commit may have waited for its standby while others went on."""
    lags = any(setting.lag_s for setting in trace.scenario.settings)
    return lags or any(fired.mode in OF_A_STANDBY for fired in trace.fired)


def checkers_of(words: Vocabulary) -> list[Checker]:
    """What a target is judged by: its own `invariants` if it names any, else all that there are.

    Where what its operations are called says nothing to the catalogue, that is left out.
    """
    own, all_ = getattr(words.target, "invariants", None), words.invariants
    if own and getattr(words.target, "own_words", False):
        return [one for one in all_.values() if not type(one).__module__.startswith(CATALOGUE)]
    if own is None or isinstance(own, Mapping):  # words of its own are among the others
        return list(all_.values())
    return list(own)


def factors_of(target: Target) -> Factors:
    """How the world around a target differs from one day to another; {} where nothing is known."""
    factors: Factors = getattr(target, "factors", {})
    return factors


def _broken(verdicts: tuple[Verdict, ...], stuck: str) -> Iterator[Broken]:
    if stuck:
        yield Broken(STUCK, stuck, 0.0)
    for verdict in verdicts:
        if verdict.why.startswith(CRASHED):
            raise HarnessError(f"{verdict.checker}: {verdict.why}")
        if verdict.validity is Validity.INVALID:
            first = verdict.first_bad or {}
            what = str(first.get("what", verdict.claim))
            yield Broken(verdict.checker, what, float(first.get("t_s", 0.0)))

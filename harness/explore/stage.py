"""The world that is explored: a design in the simulation, judged by every invariant.

plan ──> scenario ──> trace ──> checkers ──> what broke
                        └─────> states.py ──> where worlds are the same
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.checker import Checker, check_all
from harness.errors import HarnessError
from harness.explore.plans import Broken, Moment, Plan, Seen
from harness.explore.states import SAFE, signature, states
from harness.explore.windows import judged
from harness.history import History
from harness.model import Objectives, Validity, Verdict
from harness.orders import RUNTIMES_PACKAGE
from harness.registry import REFERENCE_TARGET, load_target, load_vocabulary
from harness.target import Target

SCENARIO = f"{RUNTIMES_PACKAGE}.sim.scenario"  # by name: the engine imports no runtime
SAFE_MODES = frozenset({"refused", "request_lost", "error_before", "slow"})
NOT_AT_ENTRY = frozenset({"refused", "error_before", "error_after"})
SILENCING = frozenset({"request_lost", "reply_lost", "late"})
FRONT_MAX = 2  # chosen: in doubt a borrower tries three times (chaos/journeys/_steps.py)
FRONT_MAX_OF_MANY = 1  # chosen: after a refusal he tries twice
STORE, FEW = "postgres", 3  # chosen
STUCK = "everybody_is_answered"
CRASHED = "the checker crashed"


@dataclass(frozen=True)
class StageWorld:
    """One design under one or a few journeys (`harness.explore.plans.World`).

    Args:
        design: its document.
        journeys: names; they start together.
        seed: of every world.
        target: dotted name of the module with TARGET.
    """

    design: Mapping[str, Any]
    journeys: tuple[str, ...]
    seed: int
    target: str = REFERENCE_TARGET

    @cached_property
    def _scenario(self) -> Any:
        return importlib.import_module(SCENARIO)

    @cached_property
    def _stage(self) -> Any:
        return self._scenario.Stage(self.design, self.target)

    @cached_property
    def _target(self) -> Target:
        return load_target(self.target)

    @cached_property
    def _checkers(self) -> list[Checker]:
        return checkers_of(self._target)

    @cached_property
    def _objectives(self) -> Objectives:
        return Objectives(contract=self._target.contract)

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Run one world from its beginning and judge it.

        Raises:
            HarnessError: a checker crashed: a defect of the checker.
        """
        trace = self.trace(plan)
        history = judged(trace, self._target)
        verdicts = check_all(self._checkers, history, self._objectives)
        moments = () if leaf else tuple(self._moments(trace, history))
        return Seen(moments, tuple(_broken(verdicts, trace.stuck)), signature(trace, history))

    def trace(self, plan: Plan) -> Any:
        """Run one world from its beginning.

        Returns:
            the simulation's `Trace`.
        """
        kinds = self._scenario
        faults = {kinds.Point.parse(fault.point): kinds.Mode(fault.mode) for fault in plan}
        return self._stage.run(kinds.Scenario(self.journeys, self.seed, faults))

    def allows(self, plan: Plan) -> bool:
        """Whether the borrower can have an answer at all: one of his tries is left to him.

        A fault of the store may silence a try or strike behind it. Few are tried all the same; of
        many (a swarm's plan), so many do silence every try that they say nothing of a design.
        """
        own = [link for link in self._target.links if link.caller == self._target.lending]
        stores = {link.name for link in own if link.protocol == STORE}
        line = sum(f.edge == self._target.entry and f.mode in SILENCING for f in plan)
        store = [fault for fault in plan if fault.edge in stores]
        crashes = sum(fault.mode.startswith("crash") for fault in store)
        if len(plan) <= FEW:
            return line + crashes <= FRONT_MAX
        return line + len(store) <= FRONT_MAX_OF_MANY

    def _moments(self, trace: Any, history: History) -> Iterator[Moment]:
        known = states(trace, history, self._target.contract.get("terminal", ()))
        for (point, operation), state in zip(trace.points.items(), known, strict=True):
            modes = tuple(mode.value for mode in self._scenario.modes_for(operation))
            kept = tuple(mode for mode in modes if self._tells(mode, point.edge, operation))
            yield Moment(str(point), operation, kept, len(modes) - len(kept), state)

    def _tells(self, mode: str, edge: str, operation: str) -> bool:
        """Whether a mode can show what another one does not.

        A safe request changes nothing, so whether it was applied cannot be told. On the way from
        the borrower, what never reaches the service or answers in its place says nothing of it.
        """
        if operation.startswith(SAFE) and mode not in SAFE_MODES:
            return False
        return edge != self._target.entry or mode not in NOT_AT_ENTRY


def checkers_of(target: Target) -> list[Checker]:
    """What a target is judged by: its own INVARIANTS if it names any, else those of chaos."""
    own: list[Checker] | None = getattr(target, "invariants", None)
    return list(own) if own is not None else list(load_vocabulary().invariants.values())


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

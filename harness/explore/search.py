"""Every plan up to k faults, smallest first.

    fault-free world ──> its calls ──> one fault at each ──> their calls ──> one more fault ...
                                       (a retry is a new call)

A plan is continued only at calls *after* its last fault. Every set of faults that can strike at
all is met exactly once that way: in the order in which it strikes. Sizes are done one after the
other, so that a set which breaks a promise is minimal when no smaller one inside it did.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from harness.explore.mode_equivalence import NO_FAULT, Alike, Kind, kind_of, outcome
from harness.explore.plans import CallPoint, Fault, Minimal, Plan, Seen, after
from harness.explore.result import ALIKE, MODE, ORDER, STATE, SUPERSET, Found


class PlanRunner(Protocol):
    """Runs plans; answers come in the order of the plans."""

    def __call__(self, plans: Iterable[Plan], *, leaf: bool) -> Iterator[tuple[Plan, Seen]]:
        """Run them all."""


class OutOfTime(Exception):
    """The budget is over."""


class Extended(NamedTuple):
    """A plan that broke nothing.

    Args:
        operations: of its faults.
        calls: the calls at which it can be continued.
        seen: what was seen of it.
    """

    plan: Plan
    operations: tuple[str, ...]
    calls: tuple[CallPoint, ...]
    seen: Seen


class Branch(NamedTuple):
    """A plan that is one fault larger than another.

    Args:
        of: the other; None for the plan without a fault.
        at: how many of the calls after the other's last fault are made before the new fault.
    """

    plan: Plan
    operations: tuple[str, ...] = ()
    of: Extended | None = None
    at: int = 0


class Search:
    """A breadth-first search.

    Args:
        runner: runs plans.
        found: is filled as things are found, so that an interrupted search has a result.
        exact: branch at every call in every mode, also where the state is known.
        tick: called after each world with its plan; raises OutOfTime to end the search.
    """

    def __init__(
        self,
        runner: PlanRunner,
        found: Found,
        tick: Callable[[int], None],
        *,
        exact: bool = False,
    ) -> None:
        self.found = found
        self.pool: list[tuple[Plan, tuple[CallPoint, ...]]] = []
        self._runner = runner
        self._tick = tick
        self._exact = exact
        self._branched: set[tuple[str, str]] = set()
        self._alike = Alike()
        self._free: dict[str, int] = {}

    def run(self, k: int) -> None:
        """Run every plan of up to k faults.

        Raises:
            OutOfTime: before all were run.
        """
        grown = self._run([Branch(())], leaf=False)
        self._free = {call.point: len(call.modes) for one in grown for call in one.calls}
        self.found.complete_to = 0
        for size in range(1, k + 1):
            if not grown:
                self.found.complete_to = k
                return
            grown = self._run(self._children(grown, leaf=size == k), leaf=size == k)
            self.found.complete_to = size

    def _run(self, branches: Iterable[Branch], *, leaf: bool) -> list[Extended]:
        """Run plans of one size.

        Returns:
            those that broke nothing.
        """
        clean: list[Extended] = []
        waiting: deque[Branch] = deque()
        siblings = _Siblings(self._alike)
        for plan, seen in self._runner(_noted(branches, waiting), leaf=leaf):
            branch = waiting.popleft()
            self._count(plan, seen)
            later = after(plan, seen)
            if seen.broken:
                self.found.minimal.append(Minimal(plan, seen.broken, branch.operations))
            elif not leaf:
                clean.append(Extended(plan, branch.operations, later, seen))
                self._unreachable(seen)
                self._keep(plan, seen)
            if not leaf:
                siblings.take(branch, seen, later)
            self._tick(len(plan))
        siblings.end()
        return clean

    def _count(self, plan: Plan, seen: Seen) -> None:
        found = self.found
        found.explored += 1
        found.by_size[len(plan)] += 1
        found.signatures[seen.signature] += 1
        found.hit.update(fault.point for fault in plan)
        for call in seen.calls:
            found.operations.setdefault(call.point, call.operation)

    def _keep(self, plan: Plan, seen: Seen) -> None:
        """The first plan of each behaviour is where the swarm begins."""
        if self.found.signatures[seen.signature] == 1:
            self.pool.append((plan, seen.calls))

    def _unreachable(self, seen: Seen) -> None:
        made = {call.point for call in seen.calls}
        gone = sum(modes for point, modes in self._free.items() if point not in made)
        self.found.pruned[ORDER] += gone

    def _children(self, grown: list[Extended], *, leaf: bool) -> Iterator[Branch]:
        for one in grown:
            for at, call in enumerate(one.calls):
                self.found.pruned[MODE] += call.left_out
                kind = kind_of(one.calls, at) if leaf and not self._exact else None
                for child in self._turns(one.plan, call, kind):
                    yield Branch(child, (*one.operations, call.operation), one, at)

    def _turns(self, plan: Plan, call: CallPoint, kind: Kind | None) -> Iterator[Plan]:
        """One more fault at a call, in every mode that is not spared.

        Args:
            kind: of the call, where what was learned of modes may spare some.
        """
        tried: list[str] = []
        for mode in call.modes:
            child = (*plan, Fault(call.point, mode))
            turn = (call.state, mode)
            if self.found.breaks_already(child):
                self.found.pruned[SUPERSET] += 1
            elif turn in self._branched and not self._exact:
                self.found.pruned[STATE] += 1
                tried.append(mode)
            elif kind is not None and self._alike.spares(kind, mode, tried):
                self.found.pruned[ALIKE] += 1
            else:
                # Marked only when it is run: a plan spared as a superset says nothing of others.
                if call.state:
                    self._branched.add(turn)
                tried.append(mode)
                yield child


class _Siblings:
    """Plans that differ in the mode of their last fault alone; they come one after the other."""

    def __init__(self, alike: Alike) -> None:
        self._alike = alike
        self._call: tuple[Plan, str] | None = None
        self._kind: Kind = ()
        self._came: dict[str, object] = {}

    def take(self, branch: Branch, seen: Seen, later: tuple[CallPoint, ...]) -> None:
        """One of them was run."""
        if branch.of is None:
            return
        fault = branch.plan[-1]
        call = (branch.of.plan, fault.point)
        if call != self._call:
            self.end()
            self._call = call
            self._kind = kind_of(branch.of.calls, branch.at)
            self._note(NO_FAULT, outcome(branch.of.seen, branch.of.calls[branch.at + 1 :]))
        self._note(fault.mode, outcome(seen, later))

    def end(self) -> None:
        """The last of them was run."""
        self._alike.learn(self._kind, self._came)
        self._came = {}

    def _note(self, mode: str, came: object) -> None:
        if came is not None:
            self._came[mode] = came


def _noted(branches: Iterable[Branch], waiting: deque[Branch]) -> Iterator[Plan]:
    """The plans of branches, which are kept until the plan was run."""
    for branch in branches:
        waiting.append(branch)
        yield branch.plan

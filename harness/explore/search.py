"""Every plan up to k faults, smallest first.

    fault-free world ──> its calls ──> one fault at each ──> their calls ──> one more fault ...
                                       (a retry is a new call)

A plan is continued only at calls *after* its last fault. Every set of faults that can strike at
all is met exactly once that way: in the order in which it strikes. Sizes are done one after the
other, so that a set which breaks a promise is minimal when no smaller one inside it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from harness.explore.found import FRONT, MODE, ORDER, STATE, SUPERSET, Found
from harness.explore.plans import Allows, Fault, Minimal, Moment, Plan, Seen, after, every


class Crew(Protocol):
    """Runs plans; answers come in the order of the plans."""

    def __call__(self, plans: Iterable[Plan], *, leaf: bool) -> Iterator[tuple[Plan, Seen]]:
        """Run them all."""


class OutOfTime(Exception):
    """The budget is over."""


class Search:
    """A breadth-first search.

    Args:
        crew: runs plans.
        found: is filled as things are found, so that an interrupted search has a result.
        allows: tells plans that are not worth a look.
        exact: branch at every call, also where the state is known.
        tick: called after each world with its plan; raises OutOfTime to end the search.
    """

    def __init__(
        self,
        crew: Crew,
        found: Found,
        tick: Callable[[int], None],
        *,
        allows: Allows = every,
        exact: bool = False,
    ) -> None:
        """Nothing was run yet."""
        self.found = found
        self.pool: list[tuple[Plan, tuple[Moment, ...]]] = []
        self._crew = crew
        self._tick = tick
        self._allows = allows
        self._exact = exact
        self._branched: set[tuple[str, str]] = set()
        self._free: dict[str, int] = {}

    def run(self, k: int) -> None:
        """Run every plan of up to k faults.

        Raises:
            OutOfTime: before all were run.
        """
        grown = self._run([()], leaf=k == 0)
        self._free = {moment.point: len(moment.modes) for _, m in grown for moment in m}
        self.found.complete_to = 0
        for size in range(1, k + 1):
            if not grown:
                self.found.complete_to = k
                return
            grown = self._run(self._children(grown), leaf=size == k)
            self.found.complete_to = size

    def _run(self, plans: Iterable[Plan], *, leaf: bool) -> list[tuple[Plan, tuple[Moment, ...]]]:
        """Run plans of one size.

        Returns:
            those that broke nothing, with the calls at which they can be continued.
        """
        clean = []
        for plan, seen in self._crew(plans, leaf=leaf):
            self._count(plan, seen)
            if seen.broken:
                named = tuple(self.found.operations.get(fault.point, "") for fault in plan)
                self.found.minimal.append(Minimal(plan, seen.broken, named))
            elif not leaf:
                clean.append((plan, after(plan, seen)))
                self._unreachable(seen)
                self._keep(plan, seen)
            self._tick(len(plan))
        return clean

    def _count(self, plan: Plan, seen: Seen) -> None:
        found = self.found
        found.explored += 1
        found.by_size[len(plan)] += 1
        found.signatures[seen.signature] += 1
        found.hit.update(fault.point for fault in plan)
        for moment in seen.moments:
            found.operations.setdefault(moment.point, moment.operation)

    def _keep(self, plan: Plan, seen: Seen) -> None:
        """The first plan of each behaviour is where the swarm begins."""
        if self.found.signatures[seen.signature] == 1:
            self.pool.append((plan, seen.moments))

    def _unreachable(self, seen: Seen) -> None:
        made = {moment.point for moment in seen.moments}
        gone = sum(modes for point, modes in self._free.items() if point not in made)
        self.found.pruned[ORDER] += gone

    def _children(self, grown: list[tuple[Plan, tuple[Moment, ...]]]) -> Iterator[Plan]:
        for plan, moments in grown:
            for moment in moments:
                self.found.pruned[MODE] += moment.left_out
                yield from self._turns(plan, moment)

    def _turns(self, plan: Plan, moment: Moment) -> Iterator[Plan]:
        """One more fault at a call, in every mode that is not spared."""
        for mode in moment.modes:
            child = (*plan, Fault(moment.point, mode))
            turn = (moment.state, mode)
            if self.found.breaks_already(child):
                self.found.pruned[SUPERSET] += 1
            elif not self._allows(child):
                self.found.pruned[FRONT] += 1
            elif turn in self._branched and not self._exact:
                self.found.pruned[STATE] += 1
            else:
                # Marked only when it is run: a plan spared as a superset says nothing of others.
                if moment.state:
                    self._branched.add(turn)
                yield child

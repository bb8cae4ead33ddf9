"""Random search beyond k faults: plans drawn from a seed, new behaviour followed first.

    queue of behaviours ──> draw: add calls that go wrong, or a burst on one edge ──> run
          └───────────────── new signature: to the front ──────────────────────────────┘

What breaks is made smaller before it is reported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from harness.explore.ddmin import ddmin
from harness.explore.plans import CallPoint, Fault, Minimal, Plan, Seen, struck
from harness.explore.result import KNOWN, SUPERSET, Found
from harness.explore.search import PlanRunner
from harness.rng import Dice

# The figures of this block are chosen, not measured.
ROUND = 64  # plans drawn from one state of the queue, whatever the number of workers
DRAWS = 8  # plans drawn from one behaviour before the next one's turn
FAULTS_MAX = 12
MORE_MAX = 3
BURST_SHARE = 0.3
BURST_MAX = 4
DRY_AFTER = 4_000  # plans without a new behaviour

Known = tuple[Plan, tuple[CallPoint, ...]]


class Swarm:
    """A search by chance, guided by what is new.

    Args:
        pool: plans to begin with, each with the calls that its world made.
        tick: called after each world; raises OutOfTime to end the search.
    """

    def __init__(
        self,
        runner: PlanRunner,
        found: Found,
        pool: list[Known],
        dice: Dice,
        tick: Callable[[int], None],
    ) -> None:
        self._runner = runner
        self._found = found
        self._queue = deque(pool)
        self._dice = dice
        self._tick = tick
        self._drawn: set[frozenset[Fault]] = {frozenset(plan) for plan, _ in pool}

    def run(self) -> None:
        """Draw until nothing new turns up.

        Raises:
            OutOfTime: before that.
        """
        dry = 0
        while self._queue and dry < DRY_AFTER:
            before = len(self._found.signatures)
            # All answers first: to make a finding smaller, the same runner is asked again.
            for plan, seen in list(self._runner(list(self._round()), leaf=False)):
                self._take(struck(plan, seen), seen)
            dry = 0 if len(self._found.signatures) > before else dry + ROUND

    def _round(self) -> Iterator[Plan]:
        """Up to ROUND plans that nobody ran before."""
        for _ in range(ROUND // DRAWS):
            plan, calls = self._queue[0]
            self._queue.rotate(-1)
            for _ in range(DRAWS):
                drawn = self._draw(plan, calls)
                if frozenset(drawn) in self._drawn:
                    self._found.pruned[KNOWN] += 1
                elif self._found.breaks_already(drawn):
                    self._found.pruned[SUPERSET] += 1
                else:
                    self._drawn.add(frozenset(drawn))
                    yield drawn

    def _draw(self, plan: Plan, calls: tuple[CallPoint, ...]) -> Plan:
        """A plan with some more faults, at most one a call."""
        at = dict(plan)
        for _ in range(1 + self._dice.randrange(MORE_MAX)):
            call = self._dice.choice(calls)
            mode = self._dice.choice(call.modes)
            length = 1
            if self._dice.random() < BURST_SHARE:
                length += self._dice.randrange(BURST_MAX)
            edge, _, n = call.point.rpartition("#")
            # A burst goes on to calls that are made only because the first ones failed.
            for later in range(int(n), int(n) + length):
                if len(at) < FAULTS_MAX:
                    at.setdefault(f"{edge}#{later}", mode)
        return tuple(Fault(point, mode) for point, mode in sorted(at.items()))

    def _take(self, plan: Plan, seen: Seen) -> None:
        found = self._found
        found.explored += 1
        found.swarm += 1
        found.signatures[seen.signature] += 1
        found.hit.update(fault.point for fault in plan)
        for call in seen.calls:
            found.operations.setdefault(call.point, call.operation)
        if seen.broken and not found.breaks_already(plan):
            found.minimal.append(self._smallest(plan, seen))
        elif not seen.broken and found.signatures[seen.signature] == 1:
            self._queue.appendleft((plan, seen.calls))
        self._tick(len(plan))

    def _smallest(self, plan: Plan, seen: Seen) -> Minimal:
        worlds: dict[tuple[Fault, ...], Seen] = {plan: seen}

        def breaks(part: list[Fault]) -> bool:
            key = tuple(part)
            if key not in worlds:
                ((_, worlds[key]),) = self._runner([key], leaf=False)
                self._found.explored += 1
            return bool(worlds[key].broken)

        small = tuple(ddmin(list(plan), breaks))
        names = self._found.operations
        operations = tuple(names.get(fault.point, "") for fault in small)
        return Minimal(small, worlds[small].broken, operations)

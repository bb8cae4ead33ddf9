"""Other environments: any three factors meet in all their values, without a fault and with one.

    factors ──> covering array ──> rows ──> the world of each ──> one fault at each of its calls
                                                                            │
                 the smallest part of row and fault that still breaks <─────┘

Source: Kuhn, Wallace, Gallo: Software Fault Interactions and Implications for Software Testing,
IEEE TSE 30(6), 2004: in four systems 89 to 99 % of the failures took three factors or fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, islice, product

import covertable

from harness.explore.ddmin import ddmin
from harness.explore.plans import CallPoint, Fault, Minimal, Plan, Seen
from harness.explore.result import NO_NEWS, SUPERSET, Covered, Found
from harness.explore.search import PlanRunner
from harness.json_types import JsonDict

STRENGTH = 3
BATCH = 64  # chosen: plans that are handed to the runner at a time

Combination = frozenset[tuple[str, str]]


class Environments:
    """A search over rows of a covering array.

    Args:
        factors: name -> values; the first is the normal one.
        tick: called after each world; raises OutOfTime to end everything.
        until_s: when to leave off, seconds of the whole search.
    """

    def __init__(
        self,
        runner: PlanRunner,
        found: Found,
        factors: Mapping[str, Iterable[str]],
        tick: Callable[[int], None],
        until_s: float,
    ) -> None:
        self._factors = {name: tuple(values) for name, values in factors.items()}
        self._rows = covering(self._factors)
        self._runner = runner
        self._found = found
        self._tick = tick
        self._until_s = until_s
        self._triples: set[Combination] = set()
        self._names: dict[str, str] = {}
        total = sum(1 for _ in _all(self._factors))
        self._covered = found.covered = Covered(len(self._rows), total)

    def run(self) -> None:
        """Every row as it is, then every single fault in each, until the time is over.

        Raises:
            OutOfTime: the whole search is over.
        """
        worlds: list[tuple[Plan, tuple[CallPoint, ...]]] = []
        for row, seen in self._in_batches(self._rows, leaf=False):
            self._covered.rows += 1
            self._triples |= set(_of(self._row(row)))
            self._covered.triples = len(self._triples)
            if not seen.broken:
                worlds.append((row, seen.calls))
        for row, calls in worlds:
            self._names = {call.point: call.operation for call in calls}
            for _ in self._in_batches(self._single(row, calls), leaf=True):
                pass
            if self._over:
                return
            self._covered.whole += 1

    @property
    def _over(self) -> bool:
        return self._found.seconds >= self._until_s

    def _row(self, row: Plan) -> dict[str, str]:
        """All factors of a row."""
        normal = {name: values[0] for name, values in self._factors.items()}
        return {**normal, **{one.point: one.mode for one in row}}

    def _single(self, row: Plan, calls: Iterable[CallPoint]) -> Iterator[Plan]:
        for call in calls:
            for mode in call.modes:
                plan = (*row, Fault(call.point, mode))
                if self._found.breaks_already(plan):
                    self._found.pruned[SUPERSET] += 1
                else:
                    yield plan

    def _in_batches(self, plans: Iterable[Plan], *, leaf: bool) -> Iterator[tuple[Plan, Seen]]:
        """Run plans until the time is over; all answers of a batch first, because to make a finding
        smaller the same runner is asked again."""
        left = iter(plans)
        while not self._over and (batch := list(islice(left, BATCH))):
            for plan, seen in list(self._runner(batch, leaf=leaf)):
                self._take(plan, seen)
                yield plan, seen

    def _take(self, plan: Plan, seen: Seen) -> None:
        self._count(seen)
        if seen.broken and not self._found.breaks_already(plan):
            small = self._smallest(plan, seen)
            if any(_says(known, small) for known in self._found.minimal):
                self._found.pruned[NO_NEWS] += 1
            else:
                self._found.minimal.append(small)
        self._tick(sum(not one.is_setting for one in plan))

    def _count(self, seen: Seen) -> None:
        self._found.explored += 1
        self._covered.scenarios += 1
        self._found.signatures[seen.signature] += 1

    def _smallest(self, plan: Plan, seen: Seen) -> Minimal:
        """As much as possible normal, while one of the promises is broken that are broken here."""
        worlds: dict[Plan, Seen] = {plan: seen}
        names = {one.invariant for one in seen.broken}

        def breaks(part: list[Fault]) -> bool:
            key = tuple(part)
            if key not in worlds:
                ((_, worlds[key]),) = self._runner([key], leaf=True)
                self._count(worlds[key])
            return any(one.invariant in names for one in worlds[key].broken)

        small = tuple(ddmin(list(plan), breaks))
        operations = tuple(self._names.get(fault.point, "") for fault in small)
        return Minimal(small, worlds[small].broken, operations)


def covering(factors: Mapping[str, tuple[str, ...]]) -> list[Plan]:
    """Rows in which every combination of values of three factors (of all, if fewer) is met.

    Returns:
        what is not normal in each, in the order of the factors.
    """
    strength = min(STRENGTH, len(factors))
    made: list[JsonDict] = covertable.make(
        {name: list(values) for name, values in factors.items()}, strength=strength
    )
    return [
        tuple(Fault(name, row[name]) for name, values in factors.items() if row[name] != values[0])
        for row in made
    ]


def _says(known: Minimal, small: Minimal) -> bool:
    """Whether one finding says all that another does: the same calls, and no more settings."""
    (calls, settings, broken), (calls_small, settings_small, broken_small) = map(
        _parts, (known, small)
    )
    return calls == calls_small and settings <= settings_small and broken >= broken_small


def _parts(one: Minimal) -> tuple[list[tuple[str, str, str]], set[Fault], set[str]]:
    """The kinds of its calls, its settings, what it breaks."""
    pairs = list(zip(one.plan, one.operations, strict=True))
    calls = sorted((fault.edge, fault.mode, op) for fault, op in pairs if not fault.is_setting)
    settings = {fault for fault in one.plan if fault.is_setting}
    return calls, settings, {broken.invariant for broken in one.broken}


def _of(row: Mapping[str, str]) -> Iterator[Combination]:
    return map(frozenset, combinations(row.items(), min(STRENGTH, len(row))))


def _all(factors: Mapping[str, tuple[str, ...]]) -> Iterator[Combination]:
    for names in combinations(factors, min(STRENGTH, len(factors))):
        for values in product(*(factors[name] for name in names)):
            yield frozenset(zip(names, values, strict=True))

"""The search finds every minimal set, and says what it did not look at."""

from __future__ import annotations

from itertools import combinations

from harness.explore.explorer import SearchRequest, explore
from harness.explore.plans import Fault, Plan, Seen
from harness.explore.result import ORDER, STATE, SUPERSET, Found
from tests.unit.explore.fakes import MODES, STEPS, InProcess, TinyWorld, faults

DOUBLE = faults("a#1 lost", "a#2 lost")
SINGLE = faults("c#1 refused")
TRIPLE = faults("a#1 refused", "b#1 lost", "b#2 lost")


def search(world: TinyWorld, k: int = 3, **more: object) -> Found:
    """Exhaustively, without a swarm."""
    request = SearchRequest(faults=k, swarm=False, **more)  # type: ignore[arg-type] # options
    return explore(InProcess(world), request, lambda found, size: None)


def minimal_by_hand(world: TinyWorld, k: int) -> set[frozenset[Fault]]:
    """Every subset of every fault that can be, the plain way."""
    every = [Fault(f"{s}#{n}", m) for s in STEPS for n in (1, 2) for m in MODES]
    bad: list[frozenset[Fault]] = []
    for size in range(k + 1):
        for some in combinations(every, size):
            plan = frozenset(some)
            if len(dict(some)) < size or any(one <= plan for one in bad):
                continue
            if world.run(tuple(some)).broken:
                bad.append(plan)
    return set(bad)


def test_every_minimal_set_is_found_and_no_other() -> None:
    """What a search leaves out, a person will never fix."""
    world = TinyWorld({"money": [DOUBLE, TRIPLE], "answers": [SINGLE]})
    found = search(world)
    sets = {frozenset(one.plan) for one in found.minimal}
    assert sets == {DOUBLE, SINGLE, TRIPLE} == minimal_by_hand(world, 3)
    assert found.complete_to == 3


def test_each_set_that_can_strike_is_run_once() -> None:
    """Orders of one set, and sets that cannot be, cost nothing."""
    world = TinyWorld({})
    search(world)
    sets = [frozenset(plan) for plan in world.runs]
    assert len(sets) == len(set(sets))
    for plan in world.runs:
        points = dict(plan)
        assert all(f"{point[0]}#1" in points for point in points)


def test_a_retry_is_a_new_call() -> None:
    """The second try exists only in worlds in which the first one failed."""
    found = search(TinyWorld({}), k=1)
    assert "a#2" in found.operations
    assert "a#2" in found.never_hit


def test_supersets_of_a_violating_set_are_counted_not_run() -> None:
    """A set that holds a smaller culprit says nothing new."""
    world = TinyWorld({"answers": [SINGLE]})
    found = search(world)
    assert all(not frozenset(plan) > SINGLE for plan in world.runs)
    assert found.pruned[SUPERSET] > 0


def test_calls_that_a_plan_prevents_are_counted() -> None:
    """Nobody wonders whether they were forgotten."""

    class Stopping(TinyWorld):
        def run(self, plan, *, leaf=False):  # type: ignore[no-untyped-def] # as in TinyWorld
            seen = super().run(plan, leaf=leaf)
            kept = seen.calls[:2] if ("a#1", "lost") in plan else seen.calls
            return type(seen)(kept, seen.broken, seen.signature)

    assert search(Stopping({}), k=2).pruned[ORDER] > 0


def test_known_states_are_not_branched_again_and_exact_branches_them() -> None:
    """Worlds that recovered go on as one; `exact` looks at each all the same."""
    merged = search(TinyWorld({"answers": [SINGLE]}, merging=True))
    exact = search(TinyWorld({"answers": [SINGLE]}, merging=True), exact=True)
    assert merged.pruned[STATE] > 0
    assert exact.pruned[STATE] == 0
    assert merged.explored < exact.explored
    assert [one.plan for one in merged.minimal] == [one.plan for one in exact.minimal]


def test_a_world_that_breaks_without_a_fault_is_said_at_once() -> None:
    """There is nothing to search for: the empty set is the smallest."""
    found = search(TinyWorld({"money": [frozenset()]}))
    assert [one.plan for one in found.minimal] == [()]
    assert found.explored == 1


def test_an_interrupted_search_keeps_what_it_found() -> None:
    """Ctrl-C is no reason to lose a finding."""
    world = TinyWorld({"money": [faults("a#1 lost")]})

    def tell(found: Found, size: int) -> None:
        if found.minimal:
            raise KeyboardInterrupt

    found = explore(InProcess(world), SearchRequest(), tell)
    assert found.ended == "interrupted"
    assert found.complete_to == 0
    assert [one.plan for one in found.minimal] == [(Fault("a#1", "lost"),)]


def test_a_search_ends_with_its_budget() -> None:
    """And says up to which size it is complete."""
    found = explore(InProcess(TinyWorld({})), SearchRequest(budget_s=0.0), lambda found, size: None)
    assert found.ended == "budget"
    assert found.complete_to < 3


class Brief(TinyWorld):
    """Says nothing of its calls where nobody goes on from them."""

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Make the calls."""
        seen = super().run(plan, leaf=leaf)
        return Seen((), seen.broken, seen.signature) if leaf else seen


def test_a_search_without_a_fault_knows_which_calls_there_are() -> None:
    """Else it would say that no link was ever used."""
    found = search(Brief({}), 0)
    assert set(found.operations) == {"a#1", "b#1", "c#1"}
    assert (found.explored, found.complete_to) == (1, 0)

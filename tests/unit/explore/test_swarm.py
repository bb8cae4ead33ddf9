"""Beyond k faults: by chance, from a seed, and made small."""

from __future__ import annotations

from harness.explore.explorer import SearchRequest, explore
from harness.explore.result import Found
from tests.unit.explore.fakes import InProcess, TinyWorld, faults

LONG = faults("a#1 lost", "b#1 lost", "b#2 lost", "c#1 refused")


def swarm(seed: int) -> Found:
    """Exhaustive to 1, then the swarm until nothing is new."""
    world = TinyWorld({"money": [LONG]})
    return explore(InProcess(world), SearchRequest(faults=1, seed=seed), lambda found, size: None)


def test_a_set_beyond_k_is_found_and_made_minimal() -> None:
    """A finding of twelve faults would help nobody."""
    found = swarm(1)
    assert [frozenset(one.plan) for one in found.minimal] == [LONG]
    assert found.complete_to == 1
    assert found.swarm > 0
    assert found.ended == "dry"


def test_the_same_seed_draws_the_same_plans() -> None:
    """A finding can be had again."""
    one, other = swarm(7), swarm(7)
    assert one.explored == other.explored
    assert one.minimal == other.minimal
    assert one.pruned == other.pruned

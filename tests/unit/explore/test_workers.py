"""On several cores the search finds what it finds on one, in the same order."""

from __future__ import annotations

import multiprocessing
from functools import partial

import pytest

from harness.errors import HarnessError
from harness.explore.explorer import SearchRequest, explore
from harness.explore.plans import Fault, Plan, Seen
from harness.explore.workers import Workers
from harness.pool.hands import Where
from tests.unit.explore.fakes import TinyWorld, faults

SETS = {"money": [faults("a#1 lost", "a#2 lost")], "answers": [faults("b#1 lost", "c#2 lost")]}


class Failing:
    """A world that cannot be run."""

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Fail."""
        raise ValueError("no such mode")


def test_the_number_of_workers_changes_nothing() -> None:
    """A finding does not depend on the machine."""
    results = []
    for number in (1, 2, 3):
        with Workers(partial(TinyWorld, SETS), Where(number)) as runner:
            request = SearchRequest(faults=3, seed=3)
            found = explore(runner, request, lambda found, size: None)
        results.append((found.minimal, found.explored, found.pruned, found.signatures))
    assert results[0] == results[1] == results[2]


def test_a_finding_of_the_swarm_is_the_same_on_several_cores() -> None:
    """To make it smaller the workers are asked again, while a round of theirs is not yet read."""
    long = {"money": [faults("a#1 lost", "b#1 lost", "b#2 lost", "c#1 refused")]}
    results = []
    for number in (1, 2):
        with Workers(partial(TinyWorld, long), Where(number)) as runner:
            found = explore(runner, SearchRequest(faults=1, seed=1), lambda found, size: None)
        results.append((found.minimal, found.explored))
    assert results[0] == results[1]
    assert [frozenset(one.plan) for one in results[0][0]] == long["money"]


def test_a_worker_says_why_a_world_could_not_be_run() -> None:
    """An error far away is not swallowed."""
    with Workers(Failing, Where(2)) as runner, pytest.raises(HarnessError, match="no such mode"):
        list(runner([(Fault("a#1", "lost"),)], leaf=True))


def test_an_answer_is_not_waited_for_beyond_the_budget() -> None:
    """Many processes take longer to start than a short search may last."""
    with Workers(partial(TinyWorld, SETS), Where(2), 0.0) as workers:
        found = explore(workers, SearchRequest(faults=1), lambda found, size: None)
    assert (found.ended, found.explored) == ("budget", 0)


def test_a_search_that_ends_early_leaves_no_process() -> None:
    """Answers that nobody waits for do not hold up the end."""
    with Workers(partial(TinyWorld, SETS), Where(2)) as runner:
        next(runner([()] * 500, leaf=False))
    assert multiprocessing.active_children() == []

"""Which plans and which modes are worth a look."""

from __future__ import annotations

from harness.explore.found import FRONT, Found
from harness.explore.plans import Fault, Plan
from harness.explore.search import Search
from harness.explore.stage import StageWorld
from harness.explore.states import digest
from tests.unit.explore.fakes import InProcess, TinyWorld

WORLD = StageWorld({}, ("consumer",), 1)


def plan(*words: str) -> Plan:
    """`plan("borrower->lending#1 late")`."""
    return tuple(Fault(*word.split()) for word in words)


def test_a_borrower_keeps_one_of_his_tries() -> None:
    """When his line fails three times nobody can answer him, and that is no defect."""
    twice = plan("borrower->lending#1 late", "lending->database#2 crash_before_write")
    assert WORLD.allows(twice)
    assert not WORLD.allows((*twice, *plan("borrower->lending#3 reply_lost")))


def test_a_store_that_is_away_for_good_is_no_plan() -> None:
    """An outage of the only store answers nobody, whatever the design."""
    away = plan(*(f"lending->database#{n} refused" for n in range(1, 5)))
    assert WORLD.allows(away[:3])
    assert not WORLD.allows(away)


def test_faults_behind_the_service_are_all_allowed() -> None:
    """What third parties do is what a design is for."""
    assert WORLD.allows(plan(*(f"lending->payment_a#{n} reply_lost" for n in range(1, 9))))
    assert WORLD.allows(plan(*(f"borrower->lending#{n} slow" for n in range(1, 9))))


def test_plans_that_are_not_worth_a_look_are_counted() -> None:
    """Nothing is left out in silence."""
    found = Found()
    world = TinyWorld({})
    crew = InProcess(world)
    Search(crew, found, lambda size: None, allows=lambda plan: len(plan) < 2).run(2)
    assert found.pruned[FRONT] > 0
    assert max(map(len, world.runs)) == 1


def test_fingerprints_do_not_depend_on_the_process() -> None:
    """Python's own hash of a string differs from process to process."""
    assert digest("a", 1, None) == "3c9f622ea34ee44cf2"

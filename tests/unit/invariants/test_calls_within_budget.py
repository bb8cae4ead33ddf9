"""R4 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.calls_within_budget import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story(calls: int, reads: int = 50) -> Story:
    story = Story()
    for n in range(reads):
        story.op(5.0 + n / 100, "read_limit", "b-0001", value={"available_minor": 1})
    story.nemesis(4.0, "observe", "risk", when="before", counts={"calls.limit": 100})
    late = {"calls.limit": 100 + calls, "calls.score": 0, "hits": calls}
    return story.nemesis(9.0, "observe", "risk", when="active", counts=late)


def test_as_many_calls_as_the_budget_allows_are_right() -> None:
    """1.2 a request, and 10 that were saved up."""
    found = verdict(INVARIANT, _story(70))
    assert (found.validity, found.examined) == (Validity.VALID, 70)


def test_a_storm_of_retries_is_found() -> None:
    """By the stand-in's own count."""
    assert "risk got 71 calls for 50 requests from 4.00 s to 9.00 s" in what(
        verdict(INVARIANT, _story(71))
    )


def test_the_contract_may_allow_more() -> None:
    """A service with another budget is held to its own."""
    found = verdict(INVARIANT, _story(120), contract={"calls_a_request_max": 3.0})
    assert found.validity is Validity.VALID


def test_without_a_count_it_is_unknown() -> None:
    """Faults of links do not count calls at the far end."""
    story = Story().breaks(5.0, 10.0, "lending->risk")
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_looks_while_the_fault_holds_bound_what_is_counted() -> None:
    """Calls of healthy times before the first of them do not thin out a storm."""
    story = Story()
    for n in range(50):
        story.op(5.0 + n / 100, "read_limit", "b-0001", value={"available_minor": 1})
    for t_s, when, calls in ((1.0, "before", 0), (4.0, "active", 60), (9.0, "active", 131)):
        counts = {"calls.limit": calls, "calls.score": 0}
        story.nemesis(t_s, "observe", "risk", when=when, counts=counts)
    assert "risk got 71 calls for 50 requests from 4.00 s to 9.00 s" in what(
        verdict(INVARIANT, story)
    )


def test_calls_for_who_came_a_moment_before_the_first_look_are_no_storm() -> None:
    """Whoever is acknowledged at once is worked on a little later; of longer ago nobody is."""
    for t_s, good in ((2.5, True), (1.5, False)):
        story = _story(80)
        for n in range(10):
            story.op(t_s + n / 100, "read_limit", "b-0002", value={"available_minor": 1})
        assert (verdict(INVARIANT, story).validity is Validity.VALID) is good

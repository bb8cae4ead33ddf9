"""U1 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.acknowledged_in_time import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story(quick: int = 3) -> Story:
    story = Story().phase(0.0, "baseline").phase(10.0, "fault").phase(20.0, "recovery")
    for n in range(quick):
        story.submits(1.0 + n / 100, f"quick-{n}", f"app-{n}")
    return story


def test_quick_acknowledgements_and_reasoned_refusals_are_valid() -> None:
    """A refusal with reasons is an answer."""
    story = _story().fails(2.0, "submit", "k1", "overloaded", 503, explained=True).settles(40.0)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 4)


def test_silence_is_invalid_in_every_phase() -> None:
    """A time-out, a bare 503, and one that hangs."""
    for t_s in (2.0, 12.0, 22.0):
        story = _story().fails(t_s, "submit", "k1", "timeout", took_s=5.0).settles(40.0)
        assert "submit k1" in what(verdict(INVARIANT, story))
    bare = _story().fails(12.0, "submit", "k1", "http_503", 503).settles(40.0)
    assert "last HTTP 503 http_503" in what(verdict(INVARIANT, bare))
    open_ = _story().op(12.0, "submit", "k1", took_s=None).settles(40.0)
    assert "never_completed" in what(verdict(INVARIANT, open_))


def test_a_later_acknowledgement_makes_good_and_is_not_late_during_a_fault() -> None:
    """Tried again with the same key after the healing, and acknowledged."""
    story = _story().breaks(10.0, 20.0, "lending->database")
    story.fails(12.0, "submit", "k1", "timeout", took_s=5.0).submits(21.0, "k1", "app-k1")
    found = verdict(INVARIANT, story.settles(40.0))
    assert (found.validity, found.details["wait_s_max"]) == (Validity.VALID, 9.1)


def test_an_acknowledgement_of_another_key_does_not_help() -> None:
    """Each request counts by itself."""
    story = _story().fails(12.0, "submit", "k1", "reset").submits(15.0, "k2", "app-k2")
    assert "submit k1" in what(verdict(INVARIANT, story.settles(40.0)))


def test_late_answers_in_calm_phases_have_a_budget_of_one_in_a_hundred() -> None:
    """One late of 100 is within, one of 99 is beyond."""
    within = _story(99).submits(22.0, "slow", "app-slow", took_s=2.5).settles(40.0)
    assert verdict(INVARIANT, within).validity is Validity.VALID
    beyond = _story(98).submits(22.0, "slow", "app-slow", took_s=2.5).settles(40.0)
    assert "submit slow was answered after 2.50 s, promised 2 s" in what(verdict(INVARIANT, beyond))


def test_late_answers_have_no_limit_while_a_fault_is_near() -> None:
    """Begun in the baseline but overlapping the window; begun in the phase of the fault."""
    story = _story().submits(9.0, "slow", "app-slow", took_s=2.5).settles(40.0)
    assert verdict(INVARIANT, story).validity is Validity.INVALID
    story.breaks(10.0, 20.0, "lending->database")
    assert verdict(INVARIANT, story).validity is Validity.VALID
    other = _story().submits(12.0, "slow", "app-slow", took_s=2.5).settles(40.0)
    assert verdict(INVARIANT, other).validity is Validity.VALID


def test_the_wait_counts_from_the_first_attempt() -> None:
    """A quick answer to a retry does not make the wait before it undone."""
    story = _story().fails(2.0, "submit", "k1", "timeout", took_s=3.0).submits(5.5, "k1", "app-k1")
    assert "after 3.60 s" in what(verdict(INVARIANT, story.settles(40.0)))


def test_the_end_of_the_load_excuses_the_last_ones() -> None:
    """No time was left to answer or to ask again; a second earlier there was."""
    cut = _story().op(38.5, "submit", "k1", took_s=None).settles(40.0)
    found = verdict(INVARIANT, cut)
    assert (found.validity, found.details["cut_off"]) == (Validity.VALID, 1)
    assert found.examined == 3
    early = _story().op(37.0, "submit", "k1", took_s=None).settles(40.0)
    assert verdict(INVARIANT, early).validity is Validity.INVALID


def test_nobody_applied_is_unknown() -> None:
    """Nothing at all, or only somebody who was cut off."""
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN
    story = Story().op(9.0, "submit", "k1", took_s=None).settles(10.0)
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_who_met_a_fault_at_the_front_with_every_attempt_is_not_held_against_the_service() -> None:
    """A dead process answers nobody; who comes back later is answered."""
    story = Story().breaks(1.0, 4.0, "lending", "crash").submits(5.0, "k2", "app-2")
    for t_s in (1.5, 2.0, 2.5):
        story.fails(t_s, "submit", "k1", "reset")
    found = verdict(INVARIANT, story.settles(30.0))
    assert (found.validity, found.details["gave_up"]) == (Validity.VALID, 1)


def test_silence_after_the_healing_is_held_against_it() -> None:
    """One attempt outside of the fault is enough."""
    story = Story().breaks(1.0, 4.0, "lending", "crash")
    story.fails(2.0, "submit", "k1", "reset").fails(5.0, "submit", "k1", "reset")
    assert "never acknowledged" in what(verdict(INVARIANT, story.settles(30.0)))

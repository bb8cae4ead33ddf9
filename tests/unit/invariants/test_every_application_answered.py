"""U2 on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.every_application_answered import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

PROMISE: dict[str, Any] = {"message": "your bank is slow today", "next_update_by_s": 60.0}


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").breaks(5.0, 10.0, "lending->payment_a")


@pytest.mark.parametrize("status", ["declined", "reversed", "active", "settled"])
def test_terminal_is_an_answer(status: str) -> None:
    """No message is needed any more."""
    found = verdict(INVARIANT, _story().settles(30.0).reads("app-1", status))
    assert (found.validity, found.examined) == (Validity.VALID, 1)


def test_pending_with_a_message_and_a_time_is_an_answer() -> None:
    """Explained-pending."""
    story = _story().settles(30.0).reads("app-1", "payment_unknown", **PROMISE)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.details["pending"]) == (Validity.VALID, 1)
    assert found.details["promise_passed"] == 0


@pytest.mark.parametrize("lost", ["message", "next_update_by_s"])
def test_pending_without_either_is_invalid(lost: str) -> None:
    """A message without a time, or a time without a message, is silence."""
    told: dict[str, Any] = {**PROMISE, lost: None}
    found = verdict(INVARIANT, _story().settles(30.0).reads("app-1", "scoring", **told))
    assert "application app-1, acknowledged at 1.10 s, still says scoring" in what(found)
    assert "due 25.00 s" in what(found)
    assert ("without a message at" in what(found)) == (lost == "message")


def test_a_promise_that_has_passed_is_no_answer() -> None:
    """ "The next word by 27 s", and at 30 s there is none."""
    told = {**PROMISE, "next_update_by_s": 27.0}
    found = verdict(INVARIANT, _story().settles(30.0).reads("app-1", "scoring", **told))
    assert "still says scoring and promised the next word by 27.00 s, at 30.20 s" in what(found)


def test_a_promise_that_has_just_passed_is_not_held_against_it() -> None:
    """The word may be on its way."""
    told = {**PROMISE, "next_update_by_s": 29.0}
    found = verdict(INVARIANT, _story().settles(30.0).reads("app-1", "scoring", **told))
    assert (found.validity, found.details["promise_passed"]) == (Validity.VALID, 1)


def test_an_answer_that_came_too_late_is_invalid() -> None:
    """Silent at 30 s, due at 25 s, answered afterwards."""
    story = _story().settles(29.8).reads("app-1", "scoring")
    assert verdict(INVARIANT, story.reads("app-1", "active")).validity is Validity.INVALID


def test_silence_before_the_deadline_is_no_fault() -> None:
    """While the fault lasts, and shortly after."""
    story = _story().looks(7.0, "app-1", "scoring").looks(20.0, "app-1", "scoring")
    story.settles(30.0).reads("app-1", "active")
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_an_application_after_the_healing_has_its_own_deadline() -> None:
    """Acknowledged at 20.1 s, so an answer is due at 35.1 s."""
    story = Story().breaks(5.0, 10.0, "x").submits(20.0, "k1", "app-1")
    assert verdict(INVARIANT, story.settles(30.0).reads("app-1", "scoring")).why.startswith("1 una")
    story = Story().submits(20.0, "k1", "app-1").settles(40.0).reads("app-1", "scoring")
    assert verdict(INVARIANT, story).validity is Validity.INVALID


def test_never_read_at_the_end_is_unknown() -> None:
    """Not even if the others were, and not if the read failed."""
    story = _story().submits(1.5, "k2", "app-2").settles(30.0).reads("app-1", "active")
    story.fails(31.0, "application", "app-2", "timeout")
    found = verdict(INVARIANT, story)
    assert (found.validity, "app-2" in found.why) == (Validity.UNKNOWN, True)


def test_nobody_acknowledged_is_unknown() -> None:
    """An empty history, and one in which everybody was refused."""
    refused = Story().fails(1.0, "submit", "k1", "overloaded", 503, explained=True)
    for story in (Story(), refused.settles(9.0)):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_a_promise_that_had_passed_when_it_was_made_is_found() -> None:
    """Unless our own records kept the service from its work."""
    for place, good in (("lending->payment_a", False), ("lending->database", True)):
        story = Story().submits(1.0, "k1", "app-1").breaks(5.0, 19.0, place)
        story.ledger(2.0, "payment_a", "payout", "loan-1", t_s=2.0)  # one clock for all
        story.looks(20.0, "app-1", "payment_unknown", message="we ask", next_update_by_s=12.0)
        story.settles(30.0).reads("app-1", "active")
        assert (verdict(INVARIANT, story).validity is Validity.VALID) is good


@pytest.mark.parametrize(("told_s", "good"), [(106.0, True), (101.1, False)])
def test_an_acknowledgement_promises_its_next_word_for_later(told_s: float, good: bool) -> None:
    """The services' clock is 100 s ahead: a word that is due at once promises nothing."""
    story = Story().ledger(1.0, "risk", "score", "app-1", t_s=101.0)
    value = {"application_id": "app-1", "next_update_by_s": told_s}
    story.op(1.0, "submit", "k1", value=value).settles(30.0).reads("app-1", "active")
    found = verdict(INVARIANT, story)
    assert (found.validity is Validity.VALID) is good
    assert good or "promises the next word by 1.10 s" in what(found)

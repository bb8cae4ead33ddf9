"""M8: one request, one decision, on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.decision_is_pinned import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _tapped() -> Story:
    """Twice under one key, and a naive service made two applications of it."""
    return Story().submits(1.0, "k1", "app-1").submits(2.0, "k1", "app-2")


def test_one_word_however_often_it_is_read() -> None:
    """Yes stays yes; what has not been decided says nothing."""
    story = Story().submits(1.0, "k1", "app-1").looks(1.5, "app-1", "scoring")
    story.looks(2.0, "app-1", "approved").looks(3.0, "app-1", "active")
    found = verdict(INVARIANT, story.looks(9.0, "app-1", "settled"))
    assert (found.validity, found.examined) == (Validity.VALID, 1)


@pytest.mark.parametrize(("first", "then"), [("declined", "active"), ("active", "declined")])
def test_a_yes_and_a_no(first: str, then: str) -> None:
    """Of two applications that one request became, of one that changed, and in a message."""
    two = _tapped().looks(3.0, "app-1", first).looks(4.0, "app-2", then)
    assert "submit key k1 was" in what(verdict(INVARIANT, two))
    one = _tapped().looks(3.0, "app-1", first).looks(4.0, "app-1", then)
    assert "at 4.10 s as app-1" in what(verdict(INVARIANT, one))
    told = _tapped().looks(3.0, "app-1", first)
    told.ledger(4.0, "notification", "message", "app-1", status=then, amount_minor=0)
    assert "at 4.00 s as app-1" in what(verdict(INVARIANT, told))


def test_another_amount_is_another_request() -> None:
    """What a service that takes it in decides of it says nothing of the first one."""
    story = Story().submits(1.0, "k1", "app-1").submits(2.0, "k1", "app-2", amount=9)
    story.looks(3.0, "app-1", "active").looks(4.0, "app-1", "active")
    assert verdict(INVARIANT, story.looks(5.0, "app-2", "declined")).validity is Validity.VALID


def test_nobody_told_anything_is_unknown() -> None:
    """No decision, no verdict."""
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN
    assert verdict(INVARIANT, _tapped()).validity is Validity.UNKNOWN

"""U6, read one's own request, on hand-written histories."""

from __future__ import annotations

from chaos.invariants.acknowledged_is_readable import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").repays(1.5, "r1", "rep-1")


def test_whoever_finds_what_was_acknowledged_is_served() -> None:
    """Whatever it says."""
    story = _story().looks(2.0, "app-1", "scoring").settles(9.0).reads_repayment("rep-1", "queued")
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 2)


def test_an_application_that_is_not_found_after_its_acknowledgement_is_a_breach() -> None:
    """Explained or not: the borrower has a tracking id. It need not last until the end."""
    story = _story().fails(2.0, "application", "app-1", "not_found", 404, explained=True)
    story.looks(3.0, "app-1", "active")
    assert "application app-1, acknowledged to consumer/0" in what(verdict(INVARIANT, story))


def test_a_repayment_that_is_not_found_after_its_acknowledgement_is_a_breach() -> None:
    """The borrower has a receipt."""
    story = _story().fails(2.0, "repayment", "rep-1", "not_found", 404)
    assert "repayment rep-1" in what(verdict(INVARIANT, story))


def test_who_asks_before_the_answer_is_out_proves_nothing() -> None:
    """An id that nobody has been told is not missed."""
    story = Story().submits(1.0, "k1", "app-1", took_s=0.5)
    story.fails(1.2, "application", "app-1", "not_found", 404).looks(2.0, "app-1", "active")
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_refusal_of_another_kind_is_no_denial() -> None:
    """Our records may be away; that is said, and is another invariant's concern."""
    story = _story().fails(2.0, "application", "app-1", "records_unavailable", 503, explained=True)
    story.looks(3.0, "app-1", "active")
    assert verdict(INVARIANT, story).validity is Validity.VALID

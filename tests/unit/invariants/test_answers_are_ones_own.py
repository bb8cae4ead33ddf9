"""U6 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.answers_are_ones_own import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1", borrower="b-0001")


def test_ones_own_application_is_right() -> None:
    """The id that was asked for, the borrower and the amount that it was made with."""
    story = _story().looks(2.0, "app-1", "active", application_id="app-1")
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 1)


def test_somebody_elses_application_is_found_by_its_borrower() -> None:
    """Also when it carries the right number."""
    story = _story().looks(2.0, "app-1", "active", application_id="app-1", borrower="b-0002")
    assert "tells borrower 'b-0002'" in what(verdict(INVARIANT, story))


def test_another_number_than_the_one_asked_for_is_found() -> None:
    """For loans as well."""
    story = Story().op(2.0, "read_loan", "loan-1", value={"loan_id": "loan-2"})
    assert "read_loan loan-1 tells loan_id 'loan-2'" in what(verdict(INVARIANT, story))


def test_two_applications_under_one_number_are_found() -> None:
    """The second takes the place of the first."""
    story = _story().submits(3.0, "k2", "app-1", borrower="b-0009")
    story.looks(4.0, "app-1", "scoring", borrower="b-0009")
    assert verdict(INVARIANT, story).validity is Validity.INVALID


def test_a_repayment_of_another_amount_is_found() -> None:
    """The receipt says what was asked for."""
    story = Story().repays(1.0, "r1", "rep-1", 200_000).settles(9.0)
    assert "amount_minor 5" in what(verdict(INVARIANT, story.reads_repayment("rep-1", "queued", 5)))

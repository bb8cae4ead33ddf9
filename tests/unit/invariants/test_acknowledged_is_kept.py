"""R3 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.acknowledged_is_kept import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").repays(1.5, "r1", "rep-1").settles(9.0)


def test_what_can_be_read_at_the_end_is_kept() -> None:
    """Whatever it says."""
    story = _story().reads("app-1", "declined").reads_repayment("rep-1", "queued")
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 2)


def test_an_acknowledged_application_that_nobody_knows_any_more_is_lost() -> None:
    """Told yes, then "there is no such application"."""
    story = _story().reads_repayment("rep-1", "credited")
    story.fails(9.5, "application", "app-1", "not_found", 404, explained=True)
    assert "application app-1, acknowledged to consumer/0" in what(verdict(INVARIANT, story))


def test_an_acknowledged_repayment_that_nobody_knows_any_more_is_lost() -> None:
    """The borrower has a receipt."""
    story = _story().reads("app-1", "active")
    story.fails(9.5, "repayment", "rep-1", "not_found", 404, explained=True)
    assert "repayment rep-1" in what(verdict(INVARIANT, story))


def test_a_read_during_the_load_proves_no_loss() -> None:
    """It may have been too early; the last one counts."""
    story = Story().submits(1.0, "k1", "app-1")
    story.fails(1.2, "application", "app-1", "not_found", 404, explained=True)
    story.settles(9.0).reads("app-1", "active")
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_what_could_not_be_read_is_unknown() -> None:
    """A time-out is no proof of a loss."""
    story = _story().reads("app-1", "active").fails(9.5, "repayment", "rep-1", "timeout")
    found = verdict(INVARIANT, story)
    assert (found.validity, "rep-1" in found.why) == (Validity.UNKNOWN, True)

"""U8 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.borrowers_told import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _ended(status: str = "active") -> Story:
    """An application that ends at 2 s and is last read at 30 s."""
    story = Story().submits(1.0, "k1", "app-1").looks(2.0, "app-1", status)
    return story.settles(30.0).reads("app-1", status, "loan-1")


def _tells(story: Story, t_s: float, k: str, status: str, to: str = "b-0001") -> Story:
    return story.ledger(t_s, "notification", "message", k, status=status, to=to, amount_minor=0)


def test_who_is_told_how_it_ended_is_told() -> None:
    """An earlier word on the way is none on the end; a repayment counts as well."""
    story = _tells(_tells(_ended(), 1.5, "app-1", "reserving"), 3.0, "app-1", "active")
    story.repays(2.0, "r1", "rep-1").reads_repayment("rep-1", "credited")
    _tells(story, 4.0, "rep-1", "credited")
    found = verdict(INVARIANT, story.ledgers_read())
    assert (found.validity, found.examined) == (Validity.VALID, 2)


def test_who_is_not_told_in_time_is_named() -> None:
    """Nobody, about an application that ended long ago."""
    found = verdict(INVARIANT, _tells(_ended(), 1.5, "app-1", "reserving").ledgers_read())
    assert "application app-1 is active since 2.10 s, and its borrower was not told" in what(found)


def test_what_is_not_true_and_who_is_not_concerned() -> None:
    """A false word on the end, and a true one to somebody else."""
    wrong = _tells(_tells(_ended(), 3.0, "app-1", "declined"), 4.0, "app-1", "active")
    assert "was told declined at 3.00 s" in what(verdict(INVARIANT, wrong.ledgers_read()))
    other = _tells(_ended(), 3.0, "app-1", "active", to="b-0002").ledgers_read()
    assert "b-0001 was not: b-0002 was" in what(verdict(INVARIANT, other))


def test_time_counts_from_the_last_healing() -> None:
    """While the provider is away nobody can be told; what ends last may still be on its way."""
    away = _ended().breaks(5.0, 25.0, "lending->notification")
    found = verdict(INVARIANT, away.ledgers_read("notification", t_s=34.0))
    assert (found.validity, found.details["early"]) == (Validity.UNKNOWN, 1)
    late = _ended().breaks(5.0, 25.0, "lending->notification")
    assert "was not told" in what(verdict(INVARIANT, late.ledgers_read(t_s=35.5)))


def test_a_transcript_that_was_not_read_is_unknown() -> None:
    """And so is a run in which nothing ended."""
    unread = verdict(INVARIANT, _ended().ledgers_read("payment_a"))
    assert (unread.validity, unread.why) == (Validity.UNKNOWN, "ledger not read: notification")
    pending = Story().submits(1.0, "k1", "app-1").settles(30.0).reads("app-1", "paying")
    assert verdict(INVARIANT, pending.ledgers_read()).validity is Validity.UNKNOWN

"""R8 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.queue_answered_in_time import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").looks(3.0, "app-1", "queued_degraded")


def test_who_waited_too_long_and_was_told_is_answered() -> None:
    """Expired at 61 s, reversed by 70 s."""
    story = _story().settles(70.0).reads("app-1", "reversed").ledgers_read()
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 1)


def test_who_still_waits_is_found() -> None:
    """Nobody looked at the age of the queue."""
    story = _story().settles(70.0).reads("app-1", "queued_degraded").ledgers_read()
    assert "app-1 still waits at 70.20 s, due 66.10 s" in what(verdict(INVARIANT, story))


def test_who_is_funded_after_all_is_found() -> None:
    """The request was of a minute ago."""
    story = _story().reserves(68.0, "app-1").settles(70.0).reads("app-1", "active").ledgers_read()
    assert "was funded at 68.00 s: too old" in what(verdict(INVARIANT, story))


def test_a_run_in_which_nobody_waited_that_long_is_unknown() -> None:
    """It shows nothing of the expiry."""
    story = _story().reserves(5.0, "app-1").settles(9.0).reads("app-1", "active")
    found = verdict(INVARIANT, story.ledgers_read(t_s=10.0))
    assert (found.validity, found.why) == (Validity.UNKNOWN, "nobody waited for 65 s")

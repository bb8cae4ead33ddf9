"""M5 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.funding_within_quota import INVARIANT
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

QUOTAS = {"funding_a": 1_000_000, "funding_b": 1_000_000, "funding_c": 1_000_000}


def _verdict(story: Story) -> Verdict:
    return verdict(INVARIANT, story.ledgers_read(), contract={"funding_quota_minor": QUOTAS})


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1")


def test_reserved_and_committed_is_valid_and_counts_once() -> None:
    """A commit uses what was reserved; it does not add to it."""
    story = _story().reserves(2.0, "app-1").commits(3.0, "app-1").settles(9.0)
    found = _verdict(story.reads("app-1", "active", "loan-1"))
    assert (found.validity, found.examined) == (Validity.VALID, 1)
    assert found.details["peak_minor"]["funding_a"] == 500_000


def test_a_quota_that_was_exceeded_for_a_moment_is_invalid() -> None:
    """Three at once; a release afterwards does not undo it."""
    story = _story()
    for n in (1, 2, 3):
        story.reserves(1.0 + n, f"app-{n}")
    for n in (2, 3):
        story.releases(6.0 + n, f"app-{n}")
    story.commits(5.0, "app-1").settles(19.0).reads("app-1", "active", "loan-1")
    assert "funding_a went beyond its quota of 1,000,000" in what(_verdict(story))


def test_a_quota_that_was_lower_for_a_time_counts_for_what_was_promised_then() -> None:
    """Within its own quota, but beyond what the funder had at that time."""
    story = _story().reserves(1.0, "app-1").commits(2.0, "app-1")
    story.reserves(3.0, "app-2", quota_minor=600_000)
    found = _verdict(story.settles(9.0).reads("app-1", "active", "loan-1"))
    assert "funding_a went beyond its quota of 600,000 minor units with application app-2" in what(
        found
    )


def test_what_is_released_may_be_used_again() -> None:
    """Exactly at the quota, then free, then used again."""
    story = _story().reserves(1.0, "app-1").reserves(2.0, "app-2").releases(3.0, "app-2")
    story.reserves(4.0, "app-3").commits(5.0, "app-1").settles(9.0)
    assert _verdict(story.reads("app-1", "active", "loan-1")).validity is Validity.VALID


def test_a_quota_is_one_funders_own() -> None:
    """The same amounts over two funders are fine."""
    story = (
        _story().reserves(1.0, "app-1").reserves(1.0, "app-2").reserves(1.0, "app-3", "funding_b")
    )
    story.commits(2.0, "app-1").settles(9.0).reads("app-1", "active", "loan-1")
    assert _verdict(story).validity is Validity.VALID


def test_two_reservations_at_the_end_are_invalid() -> None:
    """At two funders, or twice at one."""
    for other in ({"by": "funding_b"}, {"request_id": "again"}):
        story = (
            _story().reserves(2.0, "app-1").commits(3.0, "app-1").reserves(4.0, "app-1", **other)
        )
        found = _verdict(story.settles(9.0).reads("app-1", "active", "loan-1"))
        assert "holds 2 reservations at the end" in what(found)


def test_a_reservation_of_a_refused_application_is_leaked() -> None:
    """Declined and reversed; one that is still pending is not a leak."""
    for status in ("declined", "reversed"):
        story = _story().reserves(2.0, "app-1").settles(9.0).reads("app-1", status)
        assert "leaked" in what(_verdict(story))
    pending = _story().reserves(2.0, "app-1").settles(9.0).reads("app-1", "paying")
    assert _verdict(pending).validity is Validity.VALID


def test_an_active_loan_needs_its_commitment() -> None:
    """Only reserved, released, never asked for, or of another amount."""
    stories = [
        _story().reserves(2.0, "app-1"),
        _story().reserves(2.0, "app-1").commits(3.0, "app-1").releases(4.0, "app-1"),
        _story(),
    ]
    for story in stories:
        found = _verdict(story.settles(9.0).reads("app-1", "active", "loan-1"))
        assert "has no committed funding" in what(found)
    other = _story().reserves(2.0, "app-1", amount_minor=1).commits(3.0, "app-1", amount_minor=1)
    found = _verdict(other.settles(9.0).reads("app-1", "active", "loan-1"))
    assert "is active with 500,000 minor units, but has 1 minor units COMMITTED" in what(found)


def test_empty_or_unread_or_undeclared_is_unknown() -> None:
    """No history, unread ledgers, no quota to hold a funder to."""
    told = _story().reserves(2.0, "app-1").commits(3.0, "app-1").settles(9.0)
    told.reads("app-1", "active", "loan-1")
    assert verdict(INVARIANT, told).why.startswith("ledger not read: funding_a")
    assert "no quota declared for funding_a" in verdict(INVARIANT, told.ledgers_read()).why
    assert _verdict(Story()).validity is Validity.UNKNOWN
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN

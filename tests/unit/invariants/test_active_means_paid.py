"""M2 on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.active_means_paid import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").ledgers_read()


def test_active_with_its_payout_and_declined_without_are_valid() -> None:
    """Only what was paid out, or should have been, counts as examined."""
    story = _story().submits(1.5, "k2", "app-2").pays_out(2.0, "loan-1").settles(9.0)
    found = verdict(INVARIANT, story.reads("app-1", "active", "loan-1").reads("app-2", "declined"))
    assert (found.validity, found.examined) == (Validity.VALID, 1)


@pytest.mark.parametrize("status", ["active", "settled"])
def test_active_without_payout_is_invalid(status: str) -> None:
    """A borrower who owes money that never came."""
    found = verdict(INVARIANT, _story().settles(9.0).reads("app-1", status, "loan-1"))
    assert "no gateway paid 500,000 minor units out for loan 'loan-1'" in what(found)


def test_a_failed_payout_is_no_payout() -> None:
    """An entry with FAILED moved nothing."""
    story = _story().pays_out(2.0, "loan-1", status="FAILED").settles(9.0)
    assert "no gateway paid" in what(verdict(INVARIANT, story.reads("app-1", "active", "loan-1")))


@pytest.mark.parametrize("status", ["declined", "reversed", "payment_failed", "reversing"])
def test_told_no_although_money_moved_is_invalid(status: str) -> None:
    """FAIL now and SUCCESS later, also when the money moves after the last read."""
    for t_s in (2.0, 20.0):
        story = _story().pays_out(t_s, "loan-1").settles(9.0).reads("app-1", status, "loan-1")
        assert f"told {status}, money moved: payment_a" in what(verdict(INVARIANT, story))


def test_told_no_although_a_gateway_may_still_pay_is_unknown() -> None:
    """Nothing has moved yet, and nobody has said that it will not."""
    story = _story().submits(1.5, "k2", "app-2").pays_out(2.0, "loan-2").settles(9.0)
    story.pays_out(3.0, "loan-1", status="FAILED", open=True).reads("app-2", "active", "loan-2")
    found = verdict(INVARIANT, story.reads("app-1", "reversed", "loan-1"))
    assert (found.validity, "payment_a, loan-1" in found.why) == (Validity.UNKNOWN, True)


def test_a_wrong_amount_is_invalid() -> None:
    """Both amounts are in the sentence."""
    story = _story().pays_out(2.0, "loan-1", amount_minor=400_000).settles(9.0)
    sentence = what(verdict(INVARIANT, story.reads("app-1", "active", "loan-1")))
    assert "500,000" in sentence
    assert "400,000" in sentence


def test_two_payouts_do_not_make_an_application_more_active() -> None:
    """Exactly one, not at least one."""
    story = _story().pays_out(2.0, "loan-1").pays_out(3.0, "loan-1", "payment_b").settles(9.0)
    assert "2 times" in what(verdict(INVARIANT, story.reads("app-1", "active", "loan-1")))


def test_two_active_applications_cannot_share_one_payout() -> None:
    """Each needs its own money."""
    story = _story().submits(1.5, "k2", "app-2").pays_out(2.0, "loan-1").settles(9.0)
    story.reads("app-1", "active", "loan-1").reads("app-2", "active", "loan-1")
    assert "shares its one payout" in what(verdict(INVARIANT, story))


def test_still_paying_long_after_the_money_moved_is_invalid() -> None:
    """Money moved at 2 s, the last read is at 9 s."""
    story = _story().pays_out(2.0, "loan-1").settles(9.0).reads("app-1", "paying", "loan-1")
    assert "still says paying" in what(verdict(INVARIANT, story))


def test_money_that_moved_just_before_the_read_is_unknown() -> None:
    """The callback may be on its way: neither valid nor invalid."""
    story = _story().pays_out(8.5, "loan-1").settles(9.0).reads("app-1", "paying", "loan-1")
    found = verdict(INVARIANT, story)
    assert (found.validity, found.details["in_flight"]) == (Validity.UNKNOWN, 1)


def test_the_last_of_several_final_reads_counts() -> None:
    """Reads during the load and early final reads are superseded."""
    story = _story().pays_out(2.0, "loan-1").looks(2.5, "app-1", "payment_unknown")
    story.settles(9.0).reads("app-1", "paying", "loan-1").reads("app-1", "active", "loan-1")
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_payout_that_no_seen_application_refers_to_is_counted_not_judged() -> None:
    """Its borrower never got a reply, so nobody can know its application."""
    story = _story().pays_out(2.0, "loan-1").pays_out(3.0, "loan-x", amount_minor=7).settles(9.0)
    found = verdict(INVARIANT, story.reads("app-1", "active", "loan-1"))
    assert found.validity is Validity.VALID
    assert (found.details["unmatched"], found.details["unmatched_minor"]) == (1, 7)


def test_an_application_that_was_not_read_at_the_end_is_unknown() -> None:
    """Nobody knows what its borrower is told."""
    story = _story().submits(1.5, "k2", "app-2").pays_out(2.0, "loan-1").settles(9.0)
    found = verdict(INVARIANT, story.reads("app-1", "active", "loan-1"))
    assert found.validity is Validity.UNKNOWN
    assert "app-2" in found.why


def test_empty_or_unread_or_nothing_paid_is_unknown() -> None:
    """No history, an unread ledger, only refusals."""
    unread = Story().submits(1.0, "k1", "app-1").settles(9.0).reads("app-1", "active", "loan-1")
    refused = _story().settles(9.0).reads("app-1", "declined")
    for story in (Story(), unread, refused):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_active_before_the_money_moved_is_invalid() -> None:
    """Paid at 5 s; told so at 3 s, when nobody could know."""
    story = _story().looks(3.0, "app-1", "active", loan_id="loan-1").pays_out(5.0, "loan-1")
    found = verdict(INVARIANT, story.settles(9.0).reads("app-1", "active", "loan-1"))
    assert "said active before payment_a paid out" in what(found)

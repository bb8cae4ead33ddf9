"""M3 on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.debits_match_repayments import INVARIANT
from chaos.invariants.repayment_never_blocked import INVARIANT as NEVER_BLOCKED
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().repays(1.0, "k1", "rep-1").ledgers_read()


def test_one_debit_and_one_credit_are_valid() -> None:
    """The sums are in the details."""
    story = _story().debits(2.0, "rep-1").settles(9.0).reads_repayment("rep-1", "credited")
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 1)
    assert found.details["debited_minor"] == found.details["credited_minor"] == 200_000


def test_a_second_debit_is_invalid_also_at_the_other_gateway() -> None:
    """The second one may look like the first in every way."""
    for other in ("payment_a", "payment_b"):
        story = _story().debits(2.0, "rep-1").debits(3.0, "rep-1", other).settles(9.0)
        found = verdict(INVARIANT, story.reads_repayment("rep-1", "credited"))
        assert "rep-1 was debited 2 times" in what(found)


def test_credited_without_debit_is_invalid() -> None:
    """Our money is gone."""
    story = _story().debits(2.0, "rep-1", status="FAILED").settles(9.0)
    found = verdict(INVARIANT, story.reads_repayment("rep-1", "credited"))
    assert "no gateway debited it" in what(found)


def test_debited_without_credit_is_invalid() -> None:
    """Their money is gone: whether queued for ever or told failed."""
    for status in ("queued", "accepted", "failed"):
        story = _story().debits(2.0, "rep-1").settles(9.0).reads_repayment("rep-1", status)
        assert f"still {status}" in what(verdict(INVARIANT, story))


def test_told_failed_although_a_gateway_may_still_take_it_is_unknown() -> None:
    """The same repayment may be debited yet, of one who was told that it was not."""
    story = _story().repays(1.5, "k2", "rep-2").debits(2.0, "rep-1").settles(9.0)
    story.debits(2.0, "rep-2", status="PROCESSING", open=True).reads_repayment("rep-1", "credited")
    found = verdict(INVARIANT, story.reads_repayment("rep-2", "failed"))
    assert (found.validity, "payment_a, rep-2" in found.why) == (Validity.UNKNOWN, True)


def test_different_amounts_are_invalid() -> None:
    """Debited more than was credited."""
    story = _story().debits(2.0, "rep-1", amount_minor=300_000).settles(9.0)
    found = verdict(INVARIANT, story.reads_repayment("rep-1", "credited"))
    assert "300,000 minor units debited by payment_a, but 200,000" in what(found)


def test_errors_that_cancel_out_in_the_sum_are_found() -> None:
    """One debited and not credited, one credited and not debited: the sums agree."""
    story = _story().repays(1.5, "k2", "rep-2").debits(2.0, "rep-1").settles(9.0)
    story.reads_repayment("rep-1", "queued").reads_repayment("rep-2", "credited")
    assert verdict(INVARIANT, story).details["bad"] == 2


def test_money_taken_and_never_acknowledged_is_invalid() -> None:
    """The reply was lost at 1 s, and no retry ever got one."""
    story = Story().fails(1.0, "repay", "k1", "timeout", request={"amount_minor": 200_000})
    story.ledgers_read().debits(2.0, "rep-1").settles(9.0)
    assert "200,000 minor units taken, never acknowledged" in what(verdict(INVARIANT, story))


def test_a_lost_reply_that_a_retry_made_good_is_valid() -> None:
    """The same key was acknowledged later, with the id that was debited."""
    story = Story().fails(1.0, "repay", "k1", "timeout").debits(2.0, "rep-1").ledgers_read()
    story.repays(4.0, "k1", "rep-1").settles(9.0).reads_repayment("rep-1", "credited")
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_repayment_that_was_cut_off_excuses_one_debit_only() -> None:
    """Two debits that nobody knows of, one borrower who was still waiting."""
    story = _story().debits(2.0, "rep-1").debits(8.6, "rep-x").settles(9.0)
    story.op(8.5, "repay", "k9", took_s=None, request={"amount_minor": 200_000})
    story.reads_repayment("rep-1", "credited")
    assert verdict(INVARIANT, story).validity is Validity.VALID
    assert "rep-y" in what(verdict(INVARIANT, story.debits(8.7, "rep-y")))


def test_a_debit_just_before_the_read_is_unknown() -> None:
    """The credit may be on its way."""
    story = _story().debits(8.9, "rep-1").settles(9.0).reads_repayment("rep-1", "accepted")
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_a_repayment_that_was_not_read_at_the_end_is_unknown() -> None:
    """Nobody knows whether it was credited."""
    found = verdict(INVARIANT, _story().debits(2.0, "rep-1").settles(9.0))
    assert found.validity is Validity.UNKNOWN
    assert "rep-1" in found.why


def test_empty_or_unread_or_nothing_moved_is_unknown() -> None:
    """No history, an unread ledger, only queued repayments."""
    unread = Story().repays(1.0, "k1", "rep-1").settles(9.0).reads_repayment("rep-1", "credited")
    queued = _story().settles(9.0).reads_repayment("rep-1", "queued")
    for story in (Story(), unread, queued):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_a_debit_whose_borrower_gave_up_at_a_dead_service_is_excused_once() -> None:
    """Written before the crash, debited after it; all the borrower's attempts fell in between."""
    request = {"loan_id": "loan-b-0001", "amount_minor": 200_000}
    story = Story().breaks(1.0, 4.0, "lending", "crash")
    for t_s in (1.0, 1.5, 2.0):
        story.fails(t_s, "repay", "r1", "reset", request=request)
    story.debits(4.1, "rep-1").settles(30.0).ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.VALID
    assert verdict(INVARIANT, story.debits(4.2, "rep-2")).validity is Validity.INVALID


@pytest.mark.parametrize(("late_s", "good"), [(3.0, True), (0.5, False)])
def test_what_a_busy_machine_left_unanswered_blames_nobody(late_s: float, good: bool) -> None:
    """Where the load itself began seconds late, silence says nothing of the service."""
    request = {"loan_id": "loan-b-0001", "amount_minor": 200_000}
    story = Story().event(
        2.0 + late_s, p="sme/1", type="invoke", f="submit", k="s", v={}, due=2_000_000_000
    )
    for t_s in (1.0, 3.0):
        story.fails(t_s, "repay", "r1", "timeout", request=request, took_s=1.5)
    story.debits(4.1, "rep-1").settles(30.0).ledgers_read()
    expected = Validity.VALID if good else Validity.INVALID
    assert verdict(INVARIANT, story).validity is expected
    assert (verdict(NEVER_BLOCKED, story).validity is Validity.INVALID) is not good

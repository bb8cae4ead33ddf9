"""M1 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.no_double_payout import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import SYSTEM, Story, verdict, what


def test_one_payout_a_loan_is_valid() -> None:
    """Two loans, one payout each, by different gateways."""
    story = Story().pays_out(1.0, "loan-1").pays_out(2.0, "loan-2", "payment_b").ledgers_read()
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 2)


def test_two_gateways_that_paid_one_loan_are_named_with_their_requests_and_seconds() -> None:
    """The duplicate lies across gateways, with two request ids: only the loan links them."""
    story = Story().pays_out(1.0, "loan-1", request_id="po-1").ledgers_read()
    story.pays_out(8.25, "loan-1", "payment_b", request_id="po-2")
    found = verdict(INVARIANT, story)
    for part in ("loan-1", "payment_a", "po-1", "1.00 s", "payment_b", "po-2", "8.25 s"):
        assert part in what(found)
    assert found.first_bad is not None
    assert found.first_bad["t_s"] == 8.25
    assert found.first_bad["events"] == [0, 1 + len(SYSTEM.ledgers)]
    assert found.details["extra_minor"] == 500_000


def test_two_payouts_of_one_gateway_are_caught() -> None:
    """A new key for each try doubles at the same gateway."""
    story = Story().pays_out(1.0, "loan-1", request_id="po-1").ledgers_read()
    found = verdict(INVARIANT, story.pays_out(2.0, "loan-1", request_id="po-2"))
    assert "2 times" in what(found)


def test_a_double_payout_counts_although_the_other_ledger_is_missing() -> None:
    """Missing evidence cannot take back what was seen."""
    story = Story().pays_out(1.0, "loan-1").pays_out(2.0, "loan-1").ledgers_read("payment_a")
    assert verdict(INVARIANT, story).validity is Validity.INVALID


def test_a_failed_payout_before_the_successful_one_is_no_double() -> None:
    """FAILED first, SUCCESS later: money moved once."""
    story = Story().pays_out(1.0, "loan-1", status="FAILED").pays_out(2.0, "loan-1").ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_second_payout_that_may_still_be_made_is_unknown() -> None:
    """Paid once, and another gateway has not ended what it was sent; or two have not."""
    for status in ("SUCCESS", "PROCESSING"):
        story = Story().pays_out(1.0, "loan-1", status=status, open=status != "SUCCESS")
        story.pays_out(2.0, "loan-1", "payment_b", status="FAILED", open=True).ledgers_read()
        story.pays_out(2.0, "loan-2")
        found = verdict(INVARIANT, story)
        assert (found.validity, "payment_b, loan-1" in found.why) == (Validity.UNKNOWN, True)


def test_a_payout_that_came_to_its_end_is_not_under_way() -> None:
    """FAILED and not final, then SUCCESS under the same request id."""
    story = Story().pays_out(1.0, "loan-1", status="FAILED", open=True).ledgers_read()
    assert verdict(INVARIANT, story.pays_out(4.0, "loan-1")).validity is Validity.VALID


def test_a_ledger_that_was_not_read_is_unknown() -> None:
    """The second payout may be in the ledger that nobody read."""
    found = verdict(INVARIANT, Story().pays_out(1.0, "loan-1").ledgers_read("payment_a"))
    assert (found.validity, found.why) == (Validity.UNKNOWN, "ledger not read: payment_b")


def test_nothing_paid_is_unknown() -> None:
    """An empty history, and one with read but empty ledgers."""
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN
    assert verdict(INVARIANT, Story().ledgers_read()).validity is Validity.UNKNOWN

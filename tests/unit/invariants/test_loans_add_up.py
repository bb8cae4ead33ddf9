"""M4 and M9 on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.loans_add_up import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

LOAN = "loan-b-0001"


def _loan(paid: int = 200_000, **more: Any) -> dict[str, Any]:
    items = [{"amount_minor": 200_000, "paid_minor": part} for part in (min(paid, 200_000), 0, 0)]
    value = {"loan_id": LOAN, "principal_minor": 600_000, "outstanding_minor": 600_000 - paid}
    return {**value, "schedule": items, "penalties_minor": 0, **more}


def _story(loan: dict[str, Any], *, debit_s: float = 2.0) -> Story:
    story = Story().repays(1.0, "r1", "rep-1").debits(debit_s, "rep-1")
    told = {"status": "credited", "loan_id": LOAN, "amount_minor": 200_000}
    story.op(5.0, "repayment", "rep-1", value=told).settles(9.0)
    return story.op(9.5, "read_loan", LOAN, value=loan).ledgers_read()


def test_a_loan_that_agrees_with_the_gateway_is_right() -> None:
    """One item repaid, one debit."""
    found = verdict(INVARIANT, _story(_loan()))
    assert (found.validity, found.examined) == (Validity.VALID, 1)


def test_a_credit_too_many_is_found() -> None:
    """Twice off the loan, once from the account."""
    loan = _loan(200_000, outstanding_minor=200_000)
    loan["schedule"][1]["paid_minor"] = 200_000
    assert "has 400,000 minor units paid" in what(verdict(INVARIANT, _story(loan)))


def test_a_credit_too_few_is_found() -> None:
    """Read as credited at 5 s, and not on the loan at 9 s."""
    assert "has 0 minor units paid" in what(verdict(INVARIANT, _story(_loan(0))))


def test_a_debit_after_the_read_is_not_asked_of_the_loan() -> None:
    """Between the two nobody knows."""
    story = Story().repays(1.0, "r1", "rep-1").debits(9.0, "rep-1").settles(8.0)
    story.op(8.5, "read_loan", LOAN, value=_loan(0))
    story.reads_repayment("rep-1", "queued").ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_repayment_that_nobody_was_told_of_leaves_its_loan_undecided() -> None:
    """The reply was lost and the borrower gave up: it may have been debited."""
    request = {"loan_id": LOAN, "amount_minor": 200_000}
    story = Story().fails(1.0, "repay", "r1", "timeout", request=request).debits(2.0, "rep-1")
    story.settles(9.0).op(9.5, "read_loan", LOAN, value=_loan()).ledgers_read()
    found = verdict(INVARIANT, story)
    assert (found.validity, found.details["undecided"]) == (Validity.VALID, 1)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"principal_minor": 600_001, "outstanding_minor": 400_001}, "due items of 600,000"),
        ({"penalties_minor": 100}, "a penalty of 100 minor units, and nobody was late"),
        ({"outstanding_minor": 300_000}, "200,000 minor units paid on its items and 300,000"),
    ],
)
def test_a_loan_that_contradicts_itself_is_found(wrong: dict[str, Any], text: str) -> None:
    """To the cent, and without a penalty for our outage."""
    assert text in what(verdict(INVARIANT, _story(_loan(**wrong))))


def test_without_the_ledgers_it_is_unknown() -> None:
    """Nobody to compare with."""
    story = Story().settles(9.0).op(9.5, "read_loan", LOAN, value=_loan())
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

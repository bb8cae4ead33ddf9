"""What somebody else did at a stand-in is no finding, and no pass either."""

from __future__ import annotations

import pytest

from chaos.targets.reference import TARGET
from harness.history import Event, History

SUBMIT = {"borrower": "b-0001", "amount_minor": 70_000}


def _client(i: int, type_: str, f: str, k: str, **v: object) -> Event:
    return Event(i=i, t=i, p="consumer/0", type=type_, f=f, k=k, v=v, src="client")


def _entry(f: str, k: str, amount_minor: int, **more: object) -> Event:
    v = {"amount_minor": amount_minor, "status": "SUCCESS", **more}
    return Event(i=9, t=9, p="payment_a", type="ok", f=f, k=k, v=v, src="ledger")


ASKED = (
    _client(1, "invoke", "submit", "sub-0", **SUBMIT),
    _client(2, "ok", "submit", "sub-0", application_id="app-1c"),
    _client(3, "invoke", "repay", "rep-0", loan_id="loan-1c", amount_minor=500),
    _client(4, "ok", "repay", "rep-0", repayment_id="rep-77"),
)
LOST = (
    _client(5, "invoke", "submit", "sub-1", **SUBMIT),
    _client(6, "info", "submit", "sub-1"),
    _client(7, "invoke", "repay", "rep-1", loan_id="loan-1c", amount_minor=900),
    _client(8, "info", "repay", "rep-1"),
)


@pytest.mark.parametrize(
    ("entry", "before", "is_ours"),
    [
        (_entry("payout", "loan-1c", 70_000, party="b-0001"), ASKED, True),
        (_entry("payout", "loan-zz", 70_000, party="b-0001"), ASKED, False),
        (_entry("payout", "loan-zz", 70_000, party="b-0001"), (*ASKED, *LOST), True),
        (_entry("payout", "loan-zz", 70_000, party="b-0002"), (*ASKED, *LOST), False),
        (_entry("payout", "loan-zz", 70_001, party="b-0001"), (*ASKED, *LOST), False),
        (_entry("reserve", "app-zz", 70_000), (*ASKED, *LOST), True),
        (_entry("reserve", "app-zz", 70_000), ASKED, False),
        (_entry("debit", "rep-77", 500, party="b-0001"), ASKED, True),
        (_entry("debit", "rep-zz", 900, party="b-0001"), ASKED, False),
        (_entry("debit", "rep-zz", 900, party="b-0001"), (*ASKED, *LOST), True),
    ],
)
def test_money_is_asked_for_by_name_or_by_borrower_and_amount(
    entry: Event, before: tuple[Event, ...], is_ours: bool
) -> None:
    """An answer that was lost leaves who asked, and for how much."""
    assert [*TARGET.unasked(History([*before, entry]))] == ([] if is_ours else [entry])


def test_an_application_without_a_name_is_known_by_its_score() -> None:
    """A reservation says neither whose it is nor for which request."""
    score = _entry("score", "app-zz", 70_000, borrower="b-0001")
    release = _entry("release", "app-zz", 0)
    assert not [*TARGET.unasked(History([*LOST, score, release]))]

"""What borrowers are told against what third parties' ledgers say, on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants._finding import Invariant
from chaos.invariants.credited_when_taken_in import INVARIANT as EFFECTIVE
from chaos.invariants.decision_follows_score import INVARIANT as DECISION
from chaos.invariants.limit_is_ones_own import INVARIANT as LIMIT
from chaos.invariants.loan_shown_as_it_is import INVARIANT as SHOWN
from chaos.invariants.old_limit_is_the_last import INVARIANT as OLD
from chaos.invariants.paid_to_the_borrower import INVARIANT as PARTY
from chaos.invariants.refusals_are_true import INVARIANT as REFUSAL
from chaos.invariants.same_key_same_result import INVARIANT as KEYS
from chaos.invariants.schedule_follows_term import INVARIANT as SCHEDULE
from chaos.targets.reference import TARGET
from harness.model import Validity
from tests.unit.invariants.build import PRICE, Story, verdict, what

pytestmark = pytest.mark.unit
AHEAD_S, MONTH_S = 1.0, 2_592_000.0
LOAN = "loan-1"
NEW = (DECISION, LIMIT, PARTY, SCHEDULE, EFFECTIVE, REFUSAL, SHOWN, OLD)


@pytest.mark.parametrize("invariant", NEW, ids=lambda one: one.name)
def test_nothing_to_look_at_is_never_valid(invariant: Invariant) -> None:
    """An empty record proves nothing."""
    assert verdict(invariant, Story().ledgers_read()).validity is Validity.UNKNOWN


def _decided(status: str, said: str = "", **read: Any) -> Story:
    story = Story().submits(1.0, "k", "app-1")
    if said:
        story.ledger(1.5, "risk", "score", "app-1", decision=said, score=read.pop("score", 700))
    return story.looks(2.0, "app-1", status, **read).ledgers_read()


def test_a_decision_that_is_the_engines_own_or_labelled_is_right() -> None:
    """Yes, no, by the stand-in, and no because it took too long."""
    for story in (
        _decided("active", "approve"),
        _decided("declined", "decline"),
        _decided("active", decision={"by": "stand_in"}),
        _decided("declined", reason_code="expired"),
    ):
        assert verdict(DECISION, story).validity is Validity.VALID


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (_decided("declined", "approve"), "is declined, and the risk engine said approve"),
        (_decided("declined"), "is declined, and the risk engine said nothing"),
        (_decided("active", "decline"), "and the risk engine said decline"),
        (_decided("active", "approve", score="NaN"), "by a score that is none"),
        (_decided("active", decision={"by": "stand_in", "score_age_days": 31}), "31 days old"),
    ],
)
def test_a_decision_against_the_engine_is_found(story: Story, why: str) -> None:
    """Whoever is told no, or yes, has it from the engine."""
    assert why in what(verdict(DECISION, story, contract=TARGET.contract))


def _limit(shown: int, source: str, as_of_s: float = 3.05 + AHEAD_S, who: str = "n-1") -> Story:
    story = Story().ledger(3.04, "risk", "limit", who, amount_minor=900, t_s=3.04 + AHEAD_S)
    told = {"available_minor": shown, "source": source, "as_of_s": as_of_s, "currency": "CNY"}
    return story.op(3.0, "read_limit", who, value=told).ledgers_read()


def test_a_limit_of_ones_own_is_right() -> None:
    """Live, stale, from the book, and the declared one for strangers."""
    for story in (
        _limit(900, "live"),
        _limit(900, "stale"),
        _limit(1_500_000, "stale", as_of_s=-100.0, who="b-0001"),
        _limit(200_000, "stand_in"),
    ):
        found = verdict(LIMIT, story, contract=TARGET.contract)
        assert found.validity is Validity.VALID, found


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (_limit(901, "live"), "shows 901 minor units as live"),
        (_limit(901, "stale"), "never this borrower's limit"),
        (_limit(900, "stand_in"), "declared 200,000"),
        (_limit(200_000, "stand_in", who="b-0001"), "an older one is known"),
        (_limit(900, "live", as_of_s=1.0), "before it was asked for"),
        (_limit(900, "stale", as_of_s=99.0), "has not come yet"),
    ],
)
def test_a_limit_of_somebody_else_or_of_another_time_is_found(story: Story, why: str) -> None:
    """Whatever it is called."""
    assert why in what(verdict(LIMIT, story, contract=TARGET.contract))


def test_an_old_limit_that_is_not_the_last_one_is_found() -> None:
    """Of another moment, or another than what was shown before."""
    told = {"available_minor": 900, "source": "live", "as_of_s": 1.05 + AHEAD_S}
    good = _limit(900, "stale", 1.05 + AHEAD_S).op(1.0, "read_limit", "n-1", value=told)
    assert verdict(OLD, good).validity is Validity.VALID
    assert "when nobody asked" in what(verdict(OLD, _limit(900, "stale", 2.0 + AHEAD_S)))
    other = _limit(800, "stale", 1.05 + AHEAD_S).op(1.0, "read_limit", "n-1", value=told)
    assert "and 900 minor units as live" in what(verdict(OLD, other))


def _paid(party: str = "b-0001", amount: int = PRICE) -> Story:
    story = Story().submits(1.0, "k", "app-1").looks(3.0, "app-1", "active", loan_id=LOAN)
    story.op(3.2, "read_loan", "loan-b-0001", value={"borrower": "b-0001"})
    return story.pays_out(2.0, LOAN, party=party, amount_minor=amount).ledgers_read()


def test_money_that_moves_between_the_right_people_is_right() -> None:
    """The payee is who applied."""
    assert verdict(PARTY, _paid()).validity is Validity.VALID


def test_money_for_or_from_somebody_else_or_of_another_amount_is_found() -> None:
    """The payee, the payer, what is paid, what is reserved, what is scored."""
    assert "has b-0002 as its party" in what(verdict(PARTY, _paid("b-0002")))
    assert "1 minor units, and 500,000" in what(verdict(PARTY, _paid(amount=1)))
    debit = _paid().repays(4.0, "r", "rep-1").debits(4.5, "rep-1", party="b-0009")
    assert "has b-0009 as its party" in what(verdict(PARTY, debit))
    reserved = _paid().reserves(1.5, "app-1", amount_minor=7)
    assert "reserve app-1 at funding_a is 7" in what(verdict(PARTY, reserved))
    scored = _paid().ledger(1.5, "risk", "score", "app-1", borrower="b-0009")
    assert "score app-1 at risk is of another borrower" in what(verdict(PARTY, scored))
    scored = _paid().ledger(1.5, "risk", "score", "app-1", borrower="b-0001", amount_minor=3)
    assert "score app-1 at risk is 3" in what(verdict(PARTY, scored))


def _loan(amounts: tuple[int, ...] = (166, 166, 168), paid: tuple[int, ...] = (0, 0, 0),
          first_s: float = 2.0, gap_s: float = MONTH_S, **more: Any) -> dict[str, Any]:  # fmt: skip
    items = [
        {"due_s": AHEAD_S + first_s + MONTH_S + gap_s * n, "amount_minor": a, "paid_minor": p}
        for n, (a, p) in enumerate(zip(amounts, paid, strict=True))
    ]
    left = 500 - sum(paid)
    value = {"loan_id": LOAN, "application_id": "app-1", "borrower": "b-0001", "status": "active"}
    return {**value, "principal_minor": 500, "outstanding_minor": left, "schedule": items, **more}


def _agreed(*loans: dict[str, Any]) -> Story:
    request = {"borrower": "b-0001", "amount_minor": 500, "term_months": 3}
    story = Story().op(1.0, "submit", "k", request=request, value={"application_id": "app-1"})
    story.ledger(2.0, "payment_a", "payout", LOAN, t_s=2.0 + AHEAD_S)
    for n, loan in enumerate(loans):
        story.op(3.0 + n, "read_loan", LOAN, value=loan)
    return story.ledgers_read()


def test_a_schedule_as_agreed_is_right() -> None:
    """Also when it is paid, oldest first."""
    paid = _loan(paid=(166, 10, 0))
    settled = _loan(paid=(166, 166, 168), status="settled")
    assert verdict(SCHEDULE, _agreed(_loan(), paid, settled)).validity is Validity.VALID


@pytest.mark.parametrize(
    ("loan", "why"),
    [
        (_loan((250, 250), (0, 0)), "has 2 items, not 3 equal parts"),
        (_loan((100, 200, 200)), "not 3 equal parts of 500"),
        (_loan(paid=(0, 166, 0)), "a later item paid while an older one is open"),
        (_loan(gap_s=MONTH_S / 2), "0.50 months apart"),
        (_loan(first_s=2.0 - MONTH_S), "has its first item due"),
        (_loan(status="settled"), "is settled with 500"),
        (_loan(borrower="b-0002"), "is b-0002's, and b-0001 applied"),
    ],
)
def test_a_schedule_that_was_not_agreed_is_found(loan: dict[str, Any], why: str) -> None:
    """How many, how much, when, whose, in which order."""
    assert why in what(verdict(SCHEDULE, _agreed(loan)))


def test_a_schedule_that_changes_is_found() -> None:
    """It is agreed once."""
    told = what(verdict(SCHEDULE, _agreed(_loan(), _loan(first_s=2.1))))
    assert "another schedule than at 3.00 s" in told


def _repaid(effective_s: float, debit_s: float = 1.5) -> Story:
    request = {"loan_id": "loan-b-0001", "amount_minor": 200_000}
    told = {"repayment_id": "rep-1", "effective_at_s": effective_s + AHEAD_S}
    story = Story().op(1.0, "repay", "r", request=request, value={**told, "status": "accepted"})
    story.debits(debit_s, "rep-1", t_s=debit_s + AHEAD_S)
    return story.op(2.0, "repayment", "rep-1", value={**told, "status": "credited"}).ledgers_read()


def test_a_repayment_counts_from_when_it_was_taken_in() -> None:
    """Neither earlier nor later, and not credited before the money moved."""
    assert verdict(EFFECTIVE, _repaid(1.05)).validity is Validity.VALID
    assert "is effective from 3.00 s" in what(verdict(EFFECTIVE, _repaid(3.0)))
    assert "was debited at 5.00 s" in what(verdict(EFFECTIVE, _repaid(1.05, debit_s=5.0)))


def _refused(code: str, amount: int = 200_000, before: Story | None = None, **value: Any) -> Story:
    request = {"loan_id": "loan-b-0001", "amount_minor": amount}
    told = {"outstanding_minor": 600_000, "status": "active"}
    story = (before or Story()).op(1.0, "read_loan", "loan-b-0001", value=told)
    form = {"message": "No.", "retryable": False, "retry_after_s": None, "reference": "r", **value}
    status = form.pop("status", 422)
    return story.fails(2.0, "repay", "r", code, status, explained=True, request=request, **form)


def test_a_refusal_that_is_true_is_right() -> None:
    """More than is owed, and the records away."""
    away: dict[str, Any] = {"status": 503, "retryable": True, "retry_after_s": 2.0}
    for story in (_refused("more_than_owed", 700_000), _refused("records_unavailable", **away)):
        assert verdict(REFUSAL, story).validity is Validity.VALID


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (_refused("more_than_owed"), "is more than is owed, and at least 600,000"),
        (_refused("no_such_loan"), "which was read before"),
        (_refused("loan_not_active"), "which was read as such before"),
        (_refused("key_reused"), "and it never was"),
        (_refused("bad_body"), "says that it does not fit"),
        (_refused("x", reference="elsewhere"), "refers to 'elsewhere'"),
        (_refused("key_reused", status=422), "comes with HTTP 422, declared 409"),
        (_refused("x", retry_after_s=2.0), "calls itself retryable False"),
        (_refused("x", retryable=True, retry_after_s=2.0), "calls a retry helpful"),
        (_refused("x", status=503), "calls a retry useless"),
        (_refused("x", status=503, retryable=True, retry_after_s=0.0), "come back after 0.0 s"),
        (_refused("internal", status=500, retryable=True, retry_after_s=1.0), "inside of the"),
    ],
)
def test_a_refusal_that_is_untrue_or_misleads_is_found(story: Story, why: str) -> None:
    """A reason is held to the record like any other word."""
    told = what(verdict(REFUSAL, story, contract=TARGET.contract))
    assert why in told or why in what(verdict(REFUSAL, story))


def test_what_was_called_unchanged_was_not_taken_in() -> None:
    """A later try with the key tells since when the repayment counts: since it was refused."""
    away: dict[str, Any] = {"status": 503, "retryable": True, "retry_after_s": 2.0}
    for taken_s, validity in ((3.5, Validity.VALID), (2.1, Validity.INVALID)):
        story = _refused("records_unavailable", took_s=0.9, **away)
        told = {"repayment_id": "rep-1", "effective_at_s": taken_s + AHEAD_S}
        request = {"loan_id": "loan-b-0001", "amount_minor": 500_000}
        story.op(3.4, "repay", "r", request=request, value=told)
        story.ledger(3.6, "payment_a", "debit", "rep-1", t_s=3.6 + AHEAD_S)
        assert verdict(REFUSAL, story).validity is validity


@pytest.mark.parametrize(
    ("key", "asked"),
    [("", {}), ("k", {"amount_minor": 0}), ("k", {"term_months": 61}), ("k", {"segment": "all"})],
)
def test_what_does_not_fit_has_to_be_refused(key: str, asked: dict[str, Any]) -> None:
    """No key, no amount, too long a term, nobody's segment."""
    request = {"amount_minor": 5_000, "term_months": 60, "segment": "sme"}
    assert (
        verdict(REFUSAL, Story().op(1.0, "submit", "k", request=request)).validity is Validity.VALID
    )
    story = Story().op(1.0, "submit", key, request={**request, **asked}, value={"x": 1})
    assert "and does not fit" in what(verdict(REFUSAL, story))


def test_a_key_gives_one_status() -> None:
    """Who goes by it alone is told the same each time."""
    story = Story().op(1.0, "submit", "k", value={"application_id": "app-1", "http_status": 202})
    story.op(2.0, "submit", "k", value={"application_id": "app-1", "http_status": 200})
    assert "answered with HTTP 200 instead of 202" in what(verdict(KEYS, story))


def test_one_id_under_two_keys_is_found() -> None:
    """Two requests, and one of them is gone."""
    story = Story().submits(1.0, "k1", "app-1").submits(2.0, "k2", "app-1")
    assert "keys k1 and k2 were both answered with app-1" in what(verdict(KEYS, story))


def test_what_has_failed_is_owed_again() -> None:
    """Whoever was told that a repayment failed may repay all that is outstanding."""
    request = {"loan_id": "loan-b-0001", "amount_minor": 100_000}
    first = Story().op(0.5, "repay", "r0", request=request, value={"repayment_id": "rep-0"})
    first.op(0.8, "repayment", "rep-0", value={"status": "failed"})
    assert "at least 600,000" in what(verdict(REFUSAL, _refused("more_than_owed", 600_000, first)))


def _shown(status: str, t_s: float, as_of_s: float | None = None) -> Story:
    told = {
        "loan_id": LOAN,
        "application_id": "app-1",
        "status": status,
        "source": "live",
        "as_of_s": (t_s if as_of_s is None else as_of_s) + AHEAD_S,
    }
    story = (
        Story().pays_out(2.0, LOAN, t_s=2.0 + AHEAD_S).looks(3.0, "app-1", "active", loan_id=LOAN)
    )
    return story.op(t_s, "read_loan", LOAN, value=told).ledgers_read()


def test_a_loan_is_shown_as_it_stands() -> None:
    """Pending before the payout, active from then on, as of the moment of the question."""
    for story in (_shown("pending", 1.0), _shown("active", 2.5), _shown("pending", 2.2)):
        assert verdict(SHOWN, story).validity is Validity.VALID
    assert "no gateway had paid it out" in what(verdict(SHOWN, _shown("active", 1.0)))
    assert "was called paid out at 3.10 s" in what(verdict(SHOWN, _shown("pending", 4.0)))
    assert "live as of 0.00 s" in what(verdict(SHOWN, _shown("active", 4.0, 0.0)))

"""M8 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.same_key_same_result import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def test_the_same_answer_twice_is_valid() -> None:
    """A double click, one after the other and at once."""
    story = Story().submits(1.0, "k1", "app-1").submits(1.0, "k1", "app-1")
    found = verdict(INVARIANT, story.repays(2.0, "k2", "rep-1").repays(3.0, "k2", "rep-1"))
    assert (found.validity, found.examined) == (Validity.VALID, 2)


def test_a_second_id_is_invalid() -> None:
    """A key that is ignored makes two loans, or two debits."""
    story = Story().submits(1.0, "k1", "app-1").submits(2.0, "k1", "app-2")
    assert "submit key k1 was answered with another id: app-1 at 1.10 s, app-2" in what(
        verdict(INVARIANT, story)
    )
    story = Story().repays(1.0, "k1", "rep-1").repays(2.0, "k1", "rep-2")
    assert "rep-2 at 2.10 s" in what(verdict(INVARIANT, story))


def test_another_body_under_the_key_has_to_be_refused() -> None:
    """Accepted it is invalid, even with the same id; refused with 409 it is valid."""
    story = Story().submits(1.0, "k1", "app-1").submits(2.0, "k1", "app-1", amount=9)
    assert "accepted with another body" in what(verdict(INVARIANT, story))
    story = Story().submits(1.0, "k1", "app-1")
    story.fails(2.0, "submit", "k1", "key_reused", 409, explained=True, request={"amount_minor": 9})
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_the_key_of_another_loan_has_to_be_refused() -> None:
    """The same amount for another loan is another request, whatever id it is given."""
    story, other = (
        Story().repays(1.0, "k1", "rep-1"),
        {"loan_id": "loan-2", "amount_minor": 200_000},
    )
    for id_ in ("rep-1", "rep-2"):
        story.op(2.0, "repay", "k1", request=other, value={"repayment_id": id_, "http_status": 202})
        assert "accepted with another body" in what(verdict(INVARIANT, story))


def test_a_refusal_for_another_reason_shows_nothing() -> None:
    """A broken service refuses every body; so does one that only refuses the same body."""
    for status, amount in ((503, 9), (404, 500_000)):
        story = Story().submits(1.0, "k1", "app-1")
        body = {"borrower": "b-0001", "amount_minor": amount}
        story.fails(2.0, "submit", "k1", "busy", status, explained=True, request=body)
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_a_third_answer_that_differs_is_found() -> None:
    """Not only the first two are compared."""
    story = Story().submits(1.0, "k1", "app-1").submits(2.0, "k1", "app-1")
    assert verdict(INVARIANT, story.submits(3.0, "k1", "app-2")).details["bad"] == 1


def test_one_key_may_serve_two_operations() -> None:
    """Keys of submits and of repays are apart."""
    story = Story().submits(1.0, "k1", "app-1").submits(1.5, "k1", "app-1")
    assert verdict(INVARIANT, story.repays(2.0, "k1", "rep-1")).validity is Validity.VALID


def test_nobody_asked_again_is_unknown() -> None:
    """One answer a key, lost replies, no keys at all."""
    once = Story().submits(1.0, "k1", "app-1").submits(1.0, "k2", "app-2")
    lost = Story().fails(1.0, "submit", "k1", "timeout").submits(5.0, "k1", "app-1")
    keyless = Story().submits(1.0, "", "app-1").submits(2.0, "", "app-2")
    for story in (Story(), once, lost, keyless):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

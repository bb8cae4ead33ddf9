"""U5 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.repayment_never_blocked import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

REQUEST = {"amount_minor": 200_000, "loan_id": "loan-b-0001"}


def _story() -> Story:
    return Story().repays(1.0, "k1", "rep-1")


def test_accepted_at_once_or_by_a_retry_is_valid() -> None:
    """Refused at first, timed out then, accepted at last."""
    story = _story().fails(2.0, "repay", "k2", "no_database", 503, explained=True)
    story.fails(4.0, "repay", "k2", "timeout").repays(6.0, "k2", "rep-2").settles(30.0)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined, found.details["tries_max"]) == (Validity.VALID, 2, 3)


def test_refused_for_good_is_invalid_however_well_it_is_explained() -> None:
    """An explanation does not pay a loan back."""
    story = _story().fails(2.0, "repay", "k2", "suspended", 503, explained=True, request=REQUEST)
    story.fails(4.0, "repay", "k2", "suspended", 503, explained=True).settles(30.0)
    sentence = what(verdict(INVARIANT, story))
    assert "repayment k2 of 200,000 minor units to loan loan-b-0001, tried 2 times" in sentence


def test_an_accepted_repayment_of_another_key_does_not_help() -> None:
    """Each request counts by itself."""
    story = _story().fails(2.0, "repay", "k2", "timeout").repays(5.0, "k3", "rep-3").settles(30.0)
    assert "repayment k2" in what(verdict(INVARIANT, story))


def test_the_borrowers_own_doing_does_not_count() -> None:
    """A wrong amount, a loan that is already settled, a code that the contract lists."""
    story = _story().settles(30.0)
    story.fails(2.0, "repay", "k2", "invalid_amount", 422, explained=True)
    story.fails(3.0, "repay", "k3", "already_settled", 409, explained=True)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined, found.details["own_doing"]) == (Validity.VALID, 1, 2)
    story.fails(4.0, "repay", "k4", "too_much", 422, explained=True)
    assert "repayment k4" in what(verdict(INVARIANT, story))
    listed = verdict(INVARIANT, story, contract={"business_codes": ["invalid", "already", "too_"]})
    assert listed.validity is Validity.VALID


def test_tries_that_were_all_lost_on_purpose_show_nothing() -> None:
    """A search may break each try of a borrower; one that it left alone had to be accepted."""
    story = _story().breaks(2.0, 2.2, "borrower->lending", "late")
    story.breaks(4.0, 4.2, "lending->database", "refused").settles(30.0)
    story.fails(2.1, "repay", "k2", "timeout").fails(4.1, "repay", "k2", "no_database", 503)
    assert verdict(INVARIANT, story).validity is Validity.INVALID, "a run excuses nobody"
    searched = {"tries_lost_at": ["borrower->lending", "lending->database"]}
    assert verdict(INVARIANT, story, contract=searched).details["lost"] == 1
    story.fails(6.0, "repay", "k2", "no_database", 503)
    assert "tried 3 times" in what(verdict(INVARIANT, story, contract=searched))


def test_a_business_code_with_a_5xx_is_our_doing() -> None:
    """`invalid_state` from a broken service is no fault of the borrower."""
    story = _story().fails(2.0, "repay", "k2", "invalid_state", 503, explained=True).settles(30.0)
    assert verdict(INVARIANT, story).validity is Validity.INVALID


def test_the_end_of_the_load_excuses_who_was_still_waiting() -> None:
    """The wait that was asked for counts, but a very long one does not excuse everything."""

    def told(t_s: float, wait_s: float) -> Story:
        story = _story().settles(30.0)
        return story.fails(t_s, "repay", "k2", "busy", 503, explained=True, retry_after_s=wait_s)

    found = verdict(INVARIANT, told(24.0, 5.0))
    assert (found.validity, found.details["cut_off"]) == (Validity.VALID, 1)
    assert verdict(INVARIANT, told(20.0, 5.0)).validity is Validity.INVALID
    assert verdict(INVARIANT, told(10.0, 3600.0)).validity is Validity.INVALID


def test_nobody_repaid_is_unknown() -> None:
    """Nothing at all, or only requests that do not count."""
    own = Story().fails(2.0, "repay", "k2", "invalid_amount", 422, explained=True).settles(9.0)
    for story in (Story(), own):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

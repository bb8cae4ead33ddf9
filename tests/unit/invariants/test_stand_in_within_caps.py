"""M6 on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.stand_in_within_caps import INVARIANT
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

CAPS = {
    "existing_prefix": "b-",
    "amount_minor_max": 600_000,
    "user_count_max": 2,
    "user_amount_minor_max": 1_000_000,
    "global_count_max": 3,
    "global_amount_minor_max": 1_500_000,
}
BY = {"by": "stand_in", "score_age_days": 3, "rescored": True}


def _verdict(story: Story) -> Verdict:
    return verdict(
        INVARIANT, story.ledgers_read(), contract={"stand_in": CAPS, "book": {"score_days": 3}}
    )


def _alone(story: Story, *apps: str, **value: Any) -> Story:
    told = {"decision": BY, **value}
    for n, app in enumerate(apps):
        story.reserves(2.0 + n, app)
        story.looks(3.0 + n, app, "active", loan_id=f"loan-{app}", **told)
    return story


def test_labelled_existing_small_and_rescored_is_valid() -> None:
    """What the contract allows."""
    found = _verdict(_alone(Story(), "app-1"))
    assert (found.validity, found.examined) == (Validity.VALID, 1)
    assert found.details["stand_in"] == 1


@pytest.mark.parametrize("decision", [None, {"by": "model", "rescored": True}])
def test_approved_without_score_and_label_is_invalid(decision: Any) -> None:
    """The engine never saw it; the label is absent or lies."""
    found = _verdict(_alone(Story(), "app-1", decision=decision))
    assert "approved without a score and without a label" in what(found)


def test_a_score_that_came_after_the_reservation_is_no_score_before() -> None:
    """Scoring afterwards excuses no missing label."""
    story = _alone(Story().scores(2.5, "app-1"), "app-1", decision=None)
    assert "without a label" in what(_verdict(story))


def test_a_score_that_came_after_the_payout_is_no_score_before() -> None:
    """The payout is known by the loan id, here without any reservation."""
    story = Story().pays_out(2.0, "loan-1").scores(2.5, "app-1")
    story.looks(3.0, "app-1", "active", loan_id="loan-1")
    assert "500,000 minor units, 2.00 s: approved without" in what(_verdict(story))


@pytest.mark.parametrize("told", [("reserving", None), ("queued_degraded", "loan-1")])
def test_beyond_approval_or_with_a_loan_is_approved(told: tuple[str, str | None]) -> None:
    """Not only what is active in the end; what is being scored is not."""
    story = Story().looks(3.0, "app-1", told[0], loan_id=told[1])
    assert "without a label" in what(_verdict(story))
    assert _verdict(Story().looks(3.0, "app-1", "scoring")).validity is Validity.UNKNOWN


def test_never_scored_afterwards_is_invalid() -> None:
    """Neither the engine's ledger nor the application knows of a score."""
    never = {**BY, "rescored": False}
    assert "never scored" in what(_verdict(_alone(Story(), "app-1", decision=never)))
    story = _alone(Story().scores(9.0, "app-1"), "app-1", decision=never)
    assert _verdict(story).validity is Validity.VALID


def test_a_new_borrower_is_invalid() -> None:
    """Stand-in decisions are for those who have been known before."""
    assert "new borrower (n-7)" in what(_verdict(_alone(Story(), "app-1", borrower="n-7")))


def test_each_cap_is_held() -> None:
    """One application too large; one too many of a borrower; one too many in all."""
    story = _alone(Story(), "app-1", amount_minor=600_001)
    assert "beyond amount_minor_max: 600,001 of 600,000" in what(_verdict(story))
    found = _verdict(_alone(Story(), "app-1", "app-2", "app-3"))
    assert "application app-3" in what(found)
    assert "beyond user_count_max: 3 of 2" in what(found)
    assert found.details["bad"] == 2
    story = Story()
    for n in range(4):
        _alone(story, f"app-{n}", borrower=f"b-{n}")
    assert _verdict(story).details["bad"] == 2


def test_a_lost_reply_of_the_engine_does_not_lift_the_caps() -> None:
    """The engine's ledger has the score, but the decision says that the stand-in made it."""
    story = _alone(Story().scores(1.0, "app-1"), "app-1", borrower="n-7")
    assert "new borrower" in what(_verdict(story))


def test_scored_before_is_valid_whatever_its_size() -> None:
    """Caps are for decisions without the engine."""
    story = _alone(Story().scores(1.0, "app-1"), "app-1", decision=None, amount_minor=9_000_000)
    found = _verdict(story)
    assert (found.validity, found.details["stand_in"]) == (Validity.VALID, 0)


def test_a_broken_engine_without_any_stand_in_decision_is_unknown() -> None:
    """The fallback that should be judged never ran."""
    story = _alone(Story().scores(1.0, "app-1"), "app-1", decision=None)
    found = _verdict(story.breaks(5.0, 6.0, "lending->risk"))
    assert (found.validity, "risk engine was faulted" in found.why) == (Validity.UNKNOWN, True)


def test_empty_or_unread_or_nobody_approved_is_unknown() -> None:
    """No history, unread ledgers, only refusals, no caps."""
    assert _verdict(Story()).validity is Validity.UNKNOWN
    assert _verdict(Story().looks(1.0, "app-1", "declined")).validity is Validity.UNKNOWN
    told = _alone(Story(), "app-1", decision=None)
    assert verdict(INVARIANT, told).why.startswith("ledger not read: risk")
    assert "no caps" in verdict(INVARIANT, _alone(Story(), "app-1").ledgers_read()).why


def test_a_score_that_is_called_younger_than_it_is_is_found() -> None:
    """Unless the engine has given a new one meanwhile."""
    told = {"decision": {**BY, "score_age_days": 0.0}}
    assert "by a score called 0 days old, of 3 days" in what(
        _verdict(_alone(Story(), "app-1", **told))
    )
    story = Story().ledger(1.0, "risk", "score", "app-0", borrower="b-0001", decision="approve")
    assert _verdict(_alone(story, "app-1", **told)).validity is Validity.VALID


NOW = 0.0001  # days: some seconds of a run
NEWEST = {"stand_in": {**CAPS, "score_min": 600}, "book": {"score_days": 3}}


@pytest.mark.parametrize(
    ("said", "asked_s", "age_days", "why"),
    [(720, 5.0, NOW, ""), (720, 5.0, 3, "score 3 days old, and a newer one was known"),
     (540, 5.0, NOW, "and the newest one was 540"), (540, 1.5, 3, "")],
)  # fmt: skip
def test_a_stand_in_decision_goes_by_the_newest_score_that_is_known(
    said: int, asked_s: float, age_days: float, why: str
) -> None:
    """Known is what an earlier application was decided by; who asked before that may have had his
    answer before it, too."""
    story = Story().submits(0.5, "k0", "app-0")
    story.ledger(1.0, "risk", "score", "app-0", borrower="b-0001", score=said, decision="approve")
    story.reserves(2.0, "app-0").looks(3.0, "app-0", "active", loan_id="loan-0")
    story.submits(asked_s, "k1", "app-1").reserves(7.0, "app-1")
    decision = {**BY, "score_age_days": age_days}
    story.looks(8.0, "app-1", "active", loan_id="loan-1", decision=decision)
    found = verdict(INVARIANT, story.ledgers_read(), contract=NEWEST)
    assert (found.validity is Validity.VALID) is (not why)
    assert not why or why in what(found)


ROOM = {**CAPS, "global_count_max": 20, "global_amount_minor_max": 10_000_000}


@pytest.mark.parametrize(
    ("who", "amount", "others", "left"),
    [("b-0001", 500_000, 0, True), ("n-1", 500_000, 0, False), ("b-0004", 500_000, 0, False),
     ("b-0001", 700_000, 0, False), ("b-0001", 500_000, 1, False)],
)  # fmt: skip
def test_whoever_is_within_every_cap_is_not_left_to_wait(
    who: str, amount: int, others: int, left: bool
) -> None:
    """A fallback that is never used is none; strangers, large amounts and second wishes wait."""
    story = _alone(Story(), "app-9", borrower="b-0009").submits(1.0, "k", "app-1", borrower=who)
    for n in range(others):
        story.submits(1.0, f"o{n}", f"app-o{n}", borrower=who)
    why: dict[str, Any] = {"reason_code": "risk_down", "borrower": who, "amount_minor": amount}
    story.looks(3.0, "app-1", "queued_degraded", **why)
    caps = {"stand_in": {**ROOM, "not_for": ["b-0004"]}, "book": {"score_days": 3}}
    found = verdict(INVARIANT, story.ledgers_read(), contract=caps)
    assert (found.validity is Validity.INVALID) is left
    assert not left or "is inside of every cap" in what(found)

"""Who steps in, in time and not too soon, on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.breaker_holds_back import INVARIANT as BREAKER
from chaos.invariants.committed_in_time import INVARIANT as COMMITTED
from chaos.invariants.gateways_step_in import INVARIANT as GATEWAYS
from chaos.invariants.people_take_over import INVARIANT as PEOPLE
from chaos.targets.reference import TARGET
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
CONTRACT = {"contract": TARGET.contract}


def _given_up(status: str, *refused: str) -> Story:
    story = Story().submits(1.0, "k", "app-1").repays(1.0, "r", "rep-1")
    for gateway in refused:
        story.pays_out(2.0, "loan-1", by=gateway, status="FAILED")
        story.debits(2.0, "rep-1", by=gateway, status="FAILED")
    story.settles(9.0).reads("app-1", status, "loan-1").reads_repayment("rep-1", "failed")
    return story.ledgers_read()


def test_what_every_gateway_refused_is_given_up() -> None:
    """And what ended well is none of its business."""
    story = _given_up("reversed", "payment_a", "payment_b")
    assert verdict(GATEWAYS, story).validity is Validity.VALID


def test_what_one_gateway_refused_is_tried_at_the_other() -> None:
    """Before a borrower is told that it failed."""
    found = verdict(GATEWAYS, _given_up("reversed", "payment_a"))
    assert "payment_b never refused it" in what(found)


def _unconfirmed(*seen: tuple[float, str], paid_s: float) -> Story:
    story = Story().submits(1.0, "k", "app-1")
    for t_s, status in seen:
        story.looks(t_s, "app-1", status, loan_id="loan-1")
    return story.pays_out(paid_s, "loan-1").ledgers_read()


def test_people_take_over_what_nobody_confirms() -> None:
    """Neither at once nor never."""
    story = _unconfirmed((3.0, "payment_unknown"), (35.0, "manual"), (60.0, "active"), paid_s=59.0)
    assert verdict(PEOPLE, story, **CONTRACT).validity is Validity.VALID
    soon = _unconfirmed((3.0, "payment_unknown"), (5.0, "manual"), paid_s=59.0)
    assert "left to people after" in what(verdict(PEOPLE, soon, **CONTRACT))
    never = _unconfirmed((3.0, "payment_unknown"), (60.0, "active"), paid_s=59.0)
    assert "no colleague looks into it" in what(verdict(PEOPLE, never, **CONTRACT))


def test_while_the_gateway_cannot_be_asked_nobody_takes_over() -> None:
    """Asking takes longer then, and may succeed once it answers again."""
    story = _unconfirmed((3.0, "payment_unknown"), (60.0, "active"), paid_s=59.0)
    story.breaks(20.0, 40.0, "lending->payment_a")
    assert verdict(PEOPLE, story, **CONTRACT).validity is Validity.VALID


@pytest.mark.parametrize(
    ("commit_s", "broken", "validity"),
    [(4.0, "funding_b", Validity.VALID), (12.0, "funding_a", Validity.VALID),
     (12.0, "funding_b", Validity.INVALID)],
)  # fmt: skip
def test_a_funder_learns_soon_whoever_else_is_broken(
    commit_s: float, broken: str, validity: Validity
) -> None:
    """Only what stands between it and the service is an excuse."""
    story = Story().looks(3.0, "app-1", "active").commits(commit_s, "app-1")
    story.breaks(2.0, 14.0, broken, "http_error")
    assert verdict(COMMITTED, story.ledgers_read()).validity is validity


def _called(counts: list[int], rule: dict[str, Any]) -> Story:
    whole = {"share": 1.0, "first": 1, "last": None, "op": "*", "id": "x@f1", **rule}
    story = Story().nemesis(0.0, "observe", "risk", kind="x", when="before", counts={})
    for t_s, n in enumerate(counts, start=1):
        counted, state = {"calls.score": n}, {"rules": [whole]}
        story.nemesis(
            float(t_s), "observe", "risk", kind="x", when="active", counts=counted, state=state
        )
    return story


REFUSES = {"effect": "error", "args": {"status": 503}}
ASKS = {"effect": "error", "args": {"status": 429, "retry_after_s": 5}}
SLOW = {"effect": "slow", "args": {"delay_s": 3.0}}


@pytest.mark.parametrize(
    ("counts", "rule", "why"),
    [([0, 5, 5, 6, 6, 8, 8, 9], REFUSES, ""),
     ([0, 9, 18, 27, 36, 45, 54, 63], REFUSES, "got 63 within"),
     ([0, 3, 3, 5, 5, 7, 7, 9], SLOW, ""),
     ([0, 10, 10, 20, 30, 30, 40, 50], SLOW, "got 50 within"),
     ([0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3], ASKS, ""),
     ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], ASKS, "asked for 5 s of rest")],
)  # fmt: skip
def test_who_fails_is_left_alone(counts: list[int], rule: dict[str, Any], why: str) -> None:
    """Probes and no more, and none while rest was asked for."""
    found = verdict(BREAKER, _called(counts, rule), **CONTRACT)
    if why:
        assert why in what(found)
    else:
        assert found.validity is Validity.VALID, found.why

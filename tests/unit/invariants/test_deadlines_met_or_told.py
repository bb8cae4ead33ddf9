"""Businesses with wages to pay: in time, or told early enough, on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.deadlines_met_or_told import INVARIANT
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
CONTRACT = {"deadlines": {"payroll": {"within_s": 12.0, "elsewhere_s": 5.0}}}
WHO = "payroll/1"


def _judged(story: Story, **contract: Any) -> Verdict:
    story.settles(40.0).ledgers_read()
    return verdict(INVARIANT, story, contract=contract or CONTRACT)


def _op(story: Story, t_s: float, f: str, type: str, **value: Any) -> Story:
    story.event(t_s, p=WHO, type="invoke", f=f, k="w1", v={"amount_minor": 500_000})
    return story.event(t_s + 0.1, p=WHO, type=type, f=f, k="w1", err="e", v=value)


def _asks(t_s: float = 10.0) -> Story:
    return _op(Story(), t_s, "submit", "ok", application_id="app-1", status="acknowledged")


def test_nothing_to_look_at_is_never_valid() -> None:
    """Without a borrower that has a deadline, or without a deadline."""
    assert _judged(Story()).validity is Validity.UNKNOWN
    assert _judged(_asks(), deadlines={}).validity is Validity.UNKNOWN
    assert _judged(_asks(30.0)).validity is Validity.UNKNOWN, "the load ends before it"


@pytest.mark.parametrize(("t_s", "good"), [(21.9, True), (22.1, False)])
def test_the_money_is_there_by_the_deadline(t_s: float, good: bool) -> None:
    """By the gateway's ledger, whatever anybody was told."""
    found = _judged(_asks().pays_out(t_s, "loan-1"))
    assert (found.validity is Validity.VALID) is good


@pytest.mark.parametrize(
    ("t_s", "status", "message", "good"),
    [(16.8, "queued_degraded", "We keep trying.", True), (16.8, "declined", "", True),
     (17.0, "queued_degraded", "We keep trying.", False), (16.0, "reserving", "Soon.", False),
     (16.0, "queued_degraded", "", False)],
)  # fmt: skip
def test_a_no_or_not_yet_comes_while_there_is_time(
    t_s: float, status: str, message: str, good: bool
) -> None:
    """Five seconds before the deadline, and in words."""
    found = _judged(_op(_asks(), t_s, "application", "ok", status=status, message=message))
    assert (found.validity is Validity.VALID) is good
    assert good or "payroll/1 needed 500,000 minor units by 22.00 s" in what(found)


@pytest.mark.parametrize(("explained", "good"), [(True, True), (False, False)])
def test_a_refusal_is_a_no_once_it_explains_itself(explained: bool, good: bool) -> None:
    """A bare error leaves open whether the money will come."""
    refused = {"http_status": 503, "explained": explained}
    found = _judged(_op(Story(), 10.0, "submit", "fail", **refused))
    assert (found.validity is Validity.VALID) is good

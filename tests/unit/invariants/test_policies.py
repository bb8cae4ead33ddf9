"""C1 and C3 on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.lending_needs_a_policy import INVARIANT as KNOWN
from chaos.invariants.reasons_are_true import INVARIANT as REASONS
from chaos.invariants.suspended_cells_stay_closed import INVARIANT as CLOSED
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _suspends(story: Story, t_s: float, epoch: int, *cells: dict[str, str]) -> Story:
    more: dict[str, Any] = {"epoch": epoch, "suspended": list(cells), "amount_minor": 0}
    return story.ledger(t_s, "policy", "policy", str(epoch), **more)


def _applies(story: Story, t_s: float, app: str, segment: str, region: str) -> Story:
    request = {"borrower": "b-0001", "segment": segment, "region": region}
    value = {"application_id": app, "status": "acknowledged", "http_status": 202}
    return story.op(t_s, "submit", f"k-{app}", request=request, value=value)


def _suspended(t_paid_s: float, segment: str = "sme", region: str = "north") -> Story:
    """Small businesses in the north are suspended from 10 s to 20 s; somebody is paid."""
    story = _suspends(Story(), 10.0, 2, {"segment": "sme", "region": "north"})
    _applies(story, 11.0, "app-0", "sme", "north")
    _applies(story, 9.0, "app-1", segment, region).pays_out(t_paid_s, "loan-1")
    _suspends(story, 20.0, 3).settles(30.0).reads("app-1", "active", "loan-1")
    return story.ledgers_read()


def test_nobody_is_paid_in_a_suspended_cell() -> None:
    """Five seconds are allowed for what is on its way; others and later ones are paid."""
    for good in (_suspended(12.0), _suspended(21.0), _suspended(17.0, region="south")):
        found = verdict(CLOSED, good)
        assert (found.validity, found.examined) == (Validity.VALID, 1)
    bad = what(verdict(CLOSED, _suspended(17.0)))
    assert "loan loan-1 of sme in north was paid out at 17.00 s" in bad
    assert "suspended since 10.00 s" in bad


def test_a_suspended_partner_funds_nothing() -> None:
    """The others may."""
    for partner, validity in (("funding_b", Validity.VALID), ("funding_a", Validity.INVALID)):
        story = _suspends(Story(), 10.0, 2, {"partner": "funding_a"})
        _applies(story, 16.0, "app-1", "sme", "north").reserves(16.5, "app-1", by=partner)
        assert verdict(CLOSED, story.ledgers_read()).validity is validity


def test_nobody_else_reads_that_they_are_suspended() -> None:
    """A suspension of the north is none of the south."""
    story = _suspends(Story(), 10.0, 2, {"region": "north"})
    _applies(story, 11.0, "app-0", "sme", "north")
    _applies(story, 11.0, "app-1", "sme", "south")
    story.looks(12.0, "app-1", "suspended_by_policy", reason_code="suspended")
    assert "app-1 of sme in south reads as suspended" in what(verdict(CLOSED, story.ledgers_read()))


def test_without_a_suspension_nothing_is_known() -> None:
    """Nor while the ledger of the provider was not read."""
    assert verdict(CLOSED, Story().ledgers_read()).why == "nothing was suspended"
    unread = _suspends(Story(), 10.0, 2, {"region": "north"}).ledgers_read("payment_a")
    assert verdict(CLOSED, unread).validity is Validity.UNKNOWN


def test_lending_stops_once_the_policy_is_unknown_for_too_long() -> None:
    """Ten seconds after the last word, which an outdated one is not."""
    story = Story().ledger(5.0, "policy", "told", "1", status="CURRENT", amount_minor=0)
    story.ledger(9.0, "policy", "told", "1", status="OUTDATED", amount_minor=0)
    assert verdict(KNOWN, story.pays_out(14.0, "loan-1").ledgers_read()).validity is Validity.VALID
    late = what(verdict(KNOWN, story.pays_out(16.0, "loan-2").ledgers_read()))
    assert late == "loan loan-2 was paid out at 16.00 s; the policy was last told at 5.00 s"
    never = Story().pays_out(1.0, "loan-1").ledgers_read()
    assert "never told" in what(verdict(KNOWN, never))
    assert verdict(KNOWN, Story().ledgers_read()).validity is Validity.UNKNOWN


def _ended(reason: str, t_from_s: float = 10.0) -> Story:
    """The north is suspended; an application of it is given up at 71 s."""
    story = _suspends(Story(), t_from_s, 2, {"region": "north"})
    _applies(story, 11.0, "app-1", "sme", "north")
    story.ledger(71.5, "notification", "message", "app-1", status="declined")
    return story.looks(90.0, "app-1", "declined", reason_code=reason).ledgers_read()


def test_who_waited_too_long_is_told_what_for() -> None:
    """A rule, or trouble."""
    assert verdict(REASONS, _ended("suspended_expired")).validity is Validity.VALID
    assert "a rule held it" in what(verdict(REASONS, _ended("expired")))
    assert verdict(REASONS, _ended("expired", 80.0)).validity is Validity.VALID
    assert "never held it" in what(verdict(REASONS, _ended("suspended_expired", 80.0)))


def test_nobody_waits_for_who_is_in_order() -> None:
    """The reason names who is broken, or was a moment ago; or what lies before everybody."""
    story = Story().breaks(2.0, 9.0, "lending->risk")
    story.looks(8.0, "app-1", "queued_degraded", reason_code="risk_down")
    assert verdict(REASONS, story).validity is Validity.VALID
    story.looks(8.5, "app-2", "queued_degraded", reason_code="payment_down")
    assert "app-2 waits for payment_down, and nothing there is" in what(verdict(REASONS, story))
    story.breaks(5.0, 6.0, "lending->database")
    assert verdict(REASONS, story).validity is Validity.VALID


def test_each_reason_has_words_of_its_own() -> None:
    """Told that it was a decision, and it was our fault."""
    story = Story().looks(2.0, "app-1", "declined", reason_code="declined", message="No.")
    assert verdict(REASONS, story).validity is Validity.VALID
    told = story.looks(3.0, "app-2", "declined", reason_code="expired", message="No.")
    assert "has ended as expired in the words of declined: 'No.'" in what(verdict(REASONS, told))


@pytest.mark.parametrize(
    ("fault", "reason", "good"),
    [
        ("quota_gone", "funding_unclear", False),
        ("timeout", "funding_unclear", True),
        ("quota_cut", "quota_used_up", True),
        ("quota_cut", "funding_down", False),
        ("down", "funding_down", True),
        ("down", "quota_used_up", False),
    ],
)
def test_a_plain_no_of_a_funder_is_told_as_one(fault: str, reason: str, good: bool) -> None:
    """Who was refused for a quota is not told that somebody gave no answer, nor the other way."""
    story = Story().submits(1.0, "k", "app-1").breaks(0.5, 3.0, "funding_a", fault)
    story.looks(2.0, "app-1", "queued_degraded", reason_code=reason)
    found = verdict(REASONS, story.settles(9.0))
    assert (found.validity is Validity.VALID) is good
    assert good or f"waits for {reason}, and nothing there is broken" in what(found)

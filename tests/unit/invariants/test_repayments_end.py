"""R8 on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.repayments_end import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().repays(1.0, "r1", "rep-1").breaks(5.0, 10.0, "lending->payment_a")


def test_a_credited_repayment_has_ended() -> None:
    """The usual end."""
    story = _story().settles(30.0).reads_repayment("rep-1", "credited").ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_repayment_that_a_gateway_refused_has_ended() -> None:
    """An empty account."""
    story = _story().debits(2.0, "rep-1", status="FAILED").settles(30.0)
    story.reads_repayment("rep-1", "failed").ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_a_repayment_that_failed_though_nobody_refused_it_is_found() -> None:
    """Accepted, then dropped because nobody could be reached."""
    story = _story().settles(30.0).reads_repayment("rep-1", "failed").ledgers_read()
    assert "says failed at 30.20 s, and no gateway refused it" in what(verdict(INVARIANT, story))


@pytest.mark.parametrize("status", ["accepted", "queued"])
def test_a_repayment_that_still_waits_long_after_the_healing_is_found(status: str) -> None:
    """Healed at 10 s, due at 25 s."""
    story = _story().settles(30.0).reads_repayment("rep-1", status).ledgers_read()
    assert f"still says {status} at 30.20 s, due 25.00 s" in what(verdict(INVARIANT, story))


def test_a_repayment_whose_gateway_has_not_ended_it_is_unknown() -> None:
    """It waits for a word that nobody but the gateway has."""
    story = _story().debits(2.0, "rep-1", status="FAILED", open=True).settles(30.0)
    story.reads_repayment("rep-1", "queued").ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_a_repayment_that_waits_shortly_after_the_healing_is_unknown() -> None:
    """Its time has not come."""
    story = _story().settles(20.0).reads_repayment("rep-1", "queued").ledgers_read()
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN


def test_without_the_ledgers_it_is_unknown() -> None:
    """Nobody knows what a gateway refused."""
    story = _story().settles(30.0).reads_repayment("rep-1", "credited")
    assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

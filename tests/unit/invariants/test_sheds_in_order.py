"""R10 on hand-written histories: who is refused while too much waits."""

from __future__ import annotations

import pytest

from chaos.invariants.sheds_in_order import INVARIANT
from harness.model import Validity, Verdict
from harness.reporting import GAUGES
from tests.unit.invariants.build import Story, verdict, what

CONTRACT = {"shed": {"after_s": 4.0, "least_s": 0.5, "within_s": 3.0}}


def _story(waits_s: dict[float, float]) -> Story:
    """What the service tells of the longest wait, by time."""
    story = Story().repays(0.5, "r0", "rep-0")
    for t_s, wait_s in waits_s.items():
        told = {"Longest wait in the queue, s": {"application": wait_s, "debit": 0.0}}
        story.event(t_s, p="lending", type="info", f=GAUGES, k="", v=told, src="service")
    return story


def _verdict(story: Story) -> Verdict:
    return verdict(INVARIANT, story.settles(40.0), contract=CONTRACT)


def test_whoever_applies_while_others_wait_is_refused_as_such() -> None:
    """A repayment is taken in at the same time."""
    story = _story({5.0: 0.1, 6.0: 2.0}).fails(6.5, "submit", "k1", "overloaded", 503)
    found = _verdict(story.repays(6.6, "r1", "rep-1"))
    assert found.validity is Validity.VALID
    assert found.details["refused"] == 1


def test_a_refusal_while_nobody_waits_is_invalid() -> None:
    """It would be an excuse for everything."""
    story = _story({5.0: 0.1, 6.0: 0.2}).fails(6.5, "submit", "k1", "overloaded", 503)
    assert "refused for too much work at 6.60 s, and hardly anybody waited" in what(_verdict(story))


def test_a_repayment_is_never_refused_for_too_much_work() -> None:
    """Whatever waits."""
    story = _story({5.0: 6.0, 6.0: 6.0}).fails(6.0, "repay", "r1", "overloaded", 503)
    assert "which is for new applications alone" in what(_verdict(story))


@pytest.mark.parametrize(("t_s", "validity"), [(7.0, Validity.VALID), (9.0, Validity.INVALID)])
def test_nobody_new_is_taken_in_once_others_wait_too_long(t_s: float, validity: Validity) -> None:
    """Within 3 s of the first look that says so."""
    story = _story({float(n): 6.0 for n in range(5, 12)}).submits(t_s, "k1", "app-1")
    assert _verdict(story).validity is validity


def test_the_key_of_one_that_was_taken_in_before_is_answered_all_the_same() -> None:
    """It is the same application."""
    story = _story({float(n): 6.0 for n in range(5, 12)}).submits(4.0, "k1", "app-1")
    assert _verdict(story.submits(9.0, "k1", "app-1")).validity is Validity.VALID


@pytest.mark.parametrize("f", ["repay", "read_loan"])
def test_what_fails_while_applications_are_taken_in_is_invalid(f: str) -> None:
    """Repayments and reads come before them."""
    story = _story({5.0: 0.0}).submits(6.0, "k1", "app-1").fails(6.1, f, "r1", "down", 503)
    assert f"{f} r1 failed at 6.20 s" in what(_verdict(story))
    story = _story({5.0: 0.0}).submits(9.0, "k1", "app-1").fails(6.1, f, "r1", "down", 503)
    assert _verdict(story).validity is Validity.VALID, "then nobody was"


@pytest.mark.parametrize("where", ["borrower->lending", "lending->database", "lending"])
def test_broken_records_and_a_broken_way_in_spare_nobody(where: str) -> None:
    """What gets through there is chance."""
    story = _story({5.0: 0.0}).breaks(5.0, 8.0, where, "reset_peer").submits(6.0, "k1", "app-1")
    assert _verdict(story.fails(6.1, "repay", "r1", "reset")).validity is Validity.VALID


def test_a_service_that_does_not_tell_how_long_work_waits_is_unknown() -> None:
    """Its refusals cannot be compared with anything."""
    assert _verdict(Story().repays(0.5, "r0", "rep-0")).validity is Validity.UNKNOWN

"""M7 on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.terminal_states_immutable import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _told(*statuses: str) -> Story:
    story = Story()
    for n, status in enumerate(statuses):
        story.looks(1.0 + n, "app-1", status)
    return story


@pytest.mark.parametrize(
    "statuses",
    [
        ("acknowledged", "scoring", "approved", "reserved", "paying", "paid", "active", "settled"),
        ("scoring", "queued_degraded", "scoring", "declined", "declined"),
        ("paying", "payment_unknown", "paying", "payment_failed", "reversing", "reversed"),
        ("reserved", "reserving", "manual", "paying"),
    ],
)
def test_the_way_forward_is_valid(statuses: tuple[str, ...]) -> None:
    """Detours and alternations are no way back."""
    assert verdict(INVARIANT, _told(*statuses)).validity is Validity.VALID


@pytest.mark.parametrize(
    ("statuses", "wrong"),
    [
        (("declined", "active"), "left a terminal state: told declined at 1.10 s, active at 2.10"),
        (("active", "declined"), "left a terminal state"),
        (("settled", "active"), "left a terminal state"),
        (("reversed", "queued_degraded"), "left a terminal state"),
        (("payment_failed", "active"), "turned into its opposite"),
        (("payment_failed", "reversing", "active"), "turned into its opposite"),
        (("paid", "payment_failed"), "turned into its opposite"),
        (("paying", "approved"), "went back"),
        (("active", "paying", "active"), "left a terminal state"),
    ],
)
def test_a_way_back_is_invalid(statuses: tuple[str, ...], wrong: str) -> None:
    """Also when a detour or a return hides it."""
    found = verdict(INVARIANT, _told(*statuses))
    assert wrong in what(found)
    assert found.details["bad"] == 1


def test_a_payout_that_is_tried_elsewhere_is_no_refusal() -> None:
    """The borrower is promised another word, and a payout that was made is never taken back."""
    story = Story().looks(1.0, "app-1", "payment_failed", next_update_by_s=9.0)
    assert verdict(INVARIANT, story.looks(2.0, "app-1", "active")).validity is Validity.VALID
    story.looks(3.0, "app-1", "payment_failed", next_update_by_s=9.0)
    assert "left a terminal state" in what(verdict(INVARIANT, story))


def test_a_detour_does_not_hide_a_way_back() -> None:
    """The furthest state counts, not the one before."""
    assert "went back" in what(verdict(INVARIANT, _told("paying", "manual", "scoring")))


def test_reads_that_overlap_may_come_in_any_order() -> None:
    """A slow read may bring the older state after a quick one brought the newer."""
    story = Story().looks(1.0, "app-1", "paying", took_s=3.0).looks(2.0, "app-1", "active")
    assert verdict(INVARIANT, story).validity is Validity.VALID
    assert "left a terminal" in what(verdict(INVARIANT, story.looks(5.0, "app-1", "paying")))


def test_applications_are_not_mixed_up() -> None:
    """One declined, another active."""
    story = _told("acknowledged", "declined").looks(3.0, "app-2", "paying")
    assert verdict(INVARIANT, story.looks(4.0, "app-2", "active")).validity is Validity.VALID


def test_nothing_read_twice_is_unknown() -> None:
    """One read of each shows no change."""
    for story in (Story(), _told("active"), _told("active").looks(2.0, "app-2", "declined")):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

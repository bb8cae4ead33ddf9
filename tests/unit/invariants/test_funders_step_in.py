"""M5 on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.funders_step_in import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _waits(t_s: float, story: Story, reason_code: str = "funding_down") -> Story:
    return story.looks(t_s, "app-1", "queued_degraded", reason_code=reason_code)


def _breaks(*funders: str) -> Story:
    story = Story()
    for funder in funders:
        story.breaks(5.0, 10.0, f"lending->{funder}", "down")
    return story


def test_waiting_is_right_while_no_funder_is_there() -> None:
    """And for a while after they are back."""
    story = _waits(12.0, _waits(7.0, _breaks("funding_a", "funding_b", "funding_c")))
    found = verdict(INVARIANT, story)
    assert (found.validity, found.details["waiting"]) == (Validity.VALID, 2)


@pytest.mark.parametrize("reason_code", ["funding_down", "quota_used_up"])
def test_waiting_while_another_funder_is_there_is_found(reason_code: str) -> None:
    """Three funders, one of them away."""
    found = verdict(INVARIANT, _waits(7.0, _breaks("funding_a"), reason_code))
    assert "waits for funding at 7.10 s, and funding_b, funding_c is there" in what(found)


def test_waiting_without_any_fault_is_found() -> None:
    """Long after the healing."""
    story = _waits(25.0, _breaks("funding_a", "funding_b", "funding_c"))
    assert verdict(INVARIANT, story).validity is Validity.INVALID


def test_waiting_for_one_that_may_hold_the_money_is_right() -> None:
    """An unclear reservation is cleared up before anybody else is asked."""
    story = _breaks("funding_a").looks(7.0, "app-1", "queued_degraded",
                                       reason_code="funding_unclear")  # fmt: skip
    assert verdict(INVARIANT, story).validity is Validity.VALID

"""R11 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.calls_within_budget import INVARIANT as EACH
from chaos.invariants.fallback_spares_what_is_shared import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story(calls: dict[str, int], later_s: float = 0.0) -> Story:
    """What each gateway was called while it failed; the second one so much later."""
    story = Story()
    for n in range(50):
        story.op(5.0 + n / 100, "submit", f"k{n}", value={"application_id": f"a{n}"})
    for number, (name, many) in enumerate(calls.items()):
        from_s = 4.0 + number * later_s
        counts = {"calls.create_payout": many, "calls.inquire": 500}
        story.nemesis(from_s, "observe", name, when="before", counts={"calls.create_payout": 0})
        story.nemesis(from_s + 5.0, "observe", name, when="active", counts=counts)
    return story


def test_two_that_fail_together_have_the_budget_of_one() -> None:
    """1.2 a request, and 10 that were saved up, in all."""
    found = verdict(INVARIANT, _story({"payment_a": 50, "payment_b": 20}))
    assert (found.validity, found.examined) == (Validity.VALID, 70)


def test_falling_back_on_what_fails_alike_is_found() -> None:
    """Neither gateway alone is called too often."""
    story = _story({"payment_a": 50, "payment_b": 50})
    assert verdict(EACH, story).validity is Validity.VALID
    said = what(verdict(INVARIANT, story))
    assert "payment_a and payment_b failed together and got 100 calls in all for 50" in said


def test_one_after_the_other_is_not_together() -> None:
    """Whoever falls back on a gateway that works does well, also if that one fails later."""
    for story in (
        _story({"payment_a": 50, "payment_b": 50}, later_s=10.0),
        _story({"payment_a": 50}),
        _story({"payment_a": 500, "payment_b": 0}),
        _story({"payment_a": 50, "funding_a": 50}),
        Story(),
    ):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

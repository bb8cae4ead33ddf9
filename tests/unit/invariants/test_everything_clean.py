"""E5 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.everything_clean import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def test_healed_with_proof_is_valid() -> None:
    """Two faults, one of them twice."""
    story = Story().breaks(1.0, 2.0, "a->b").breaks(3.0, 4.0, "a->b").breaks(1.5, 5.0, "c")
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 3)


def test_never_healed_is_invalid() -> None:
    """Also when the same fault was healed once before, or another one was."""
    story = Story().nemesis(1.0, "inject", "a->b")
    assert "latency at a->b, injected at 1.00 s, was never healed" in what(
        verdict(INVARIANT, story)
    )
    assert "was never healed" in what(verdict(INVARIANT, story.breaks(0.1, 0.2, "a->b")))
    story = Story().nemesis(1.0, "inject", "a->b").nemesis(2.0, "heal", "c", proven_undone=True)
    assert verdict(INVARIANT, story).validity is Validity.INVALID
    other = Story().nemesis(1.0, "inject", "a->b", kind="down")
    other.nemesis(2.0, "heal", "a->b", kind="latency", proven_undone=True)
    assert verdict(INVARIANT, other).validity is Validity.INVALID


def test_healed_without_proof_is_invalid() -> None:
    """The heal was done, but nobody saw that it worked; or its result is unknown."""
    for heal in ({}, {"proven_undone": False}, {"type": "info", "proven_undone": True}):
        story = Story().nemesis(1.0, "inject", "a->b").nemesis(2.0, "heal", "a->b", **heal)
        assert "healed at 2.00 s, but nothing proves" in what(verdict(INVARIANT, story))


def test_a_second_heal_that_succeeds_makes_good() -> None:
    """The first try failed."""
    story = Story().nemesis(1.0, "inject", "a->b").nemesis(2.0, "heal", "a->b", type="info")
    story.nemesis(3.0, "heal", "a->b", proven_undone=True)
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_an_injection_of_unknown_result_has_to_be_healed() -> None:
    """It may have happened; one that failed did not."""
    assert verdict(INVARIANT, Story().nemesis(1.0, "inject", "a", type="info")).details["bad"] == 1
    failed = Story().nemesis(1.0, "inject", "a", type="fail")
    assert verdict(INVARIANT, failed).validity is Validity.UNKNOWN


def test_no_fault_is_unknown() -> None:
    """Nothing at all, and a fault that was only prepared."""
    for story in (Story(), Story().nemesis(1.0, "prepare", "a->b")):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

"""R2 of a risk engine, on hand-written histories."""

from __future__ import annotations

from typing import Any

from chaos.invariants.wrong_scores_are_noticed import DECISIONS_MAX, INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

OWN: dict[str, Any] = {"own": {"score": 700, "decision": "approve"}}


def _decided(wrong: int, right: int = 1, by: str = "model") -> Story:
    """So many applications on wrong scores, and on right ones."""
    story = Story()
    for number in range(wrong + right):
        more = OWN if number < wrong else {}
        story.ledger(
            number, "risk", "score", f"app-{number}", decision="approve", score=725, **more
        )
        story.looks(number + 0.5, f"app-{number}", "active", decision={"by": by})
    return story.ledgers_read()


def test_a_few_are_allowed_and_one_more_is_not() -> None:
    """The one too many is named; who was decided otherwise does not count."""
    found = verdict(INVARIANT, _decided(DECISIONS_MAX))
    assert (found.validity, found.examined) == (Validity.VALID, DECISIONS_MAX + 1)
    bad = what(verdict(INVARIANT, _decided(DECISIONS_MAX + 2)))
    assert bad.startswith(
        f"application app-{DECISIONS_MAX} was decided on a wrong score at 20.00 s"
    )
    assert "22 were in all" in bad
    other = verdict(INVARIANT, _decided(DECISIONS_MAX + 2, by="stand_in"))
    assert other.validity is not Validity.INVALID


def test_without_a_wrong_score_nothing_is_known() -> None:
    """Nor without the ledger that tells."""
    assert verdict(INVARIANT, _decided(0, 3)).why == "the risk engine gave no wrong score"
    assert verdict(INVARIANT, Story().ledgers_read("payment_a")).validity is Validity.UNKNOWN

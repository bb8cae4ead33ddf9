"""U2 on hand-written histories: who has to take up the telephone, and who need not."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.waiting_needs_no_call import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

WORD = {"status": "queued_degraded", "message": "it waits", "next_update_by_s": 99.0}


def _story(**stuck: Any) -> Story:
    """Nineteen look and are told; with `stuck` a twentieth is not, and one more is before the
    fault."""
    story = Story().breaks(5.0, 15.0, "lending->payment_a")
    story.op(1.0, "application", "app-0", value={"status": "paying"})
    for n in range(1, 20):
        story.op(6.0, "application", f"app-{n}", value=WORD)
    if stuck:
        story.op(7.0, "application", "app-99", **stuck)
    return story.settles(60.0)


def test_who_is_told_how_it_stands_need_not_call() -> None:
    """Pending with a word, or ended; what was read while all was well is no question."""
    found = verdict(INVARIANT, _story(value={"status": "declined"}))
    assert (found.validity, found.examined) == (Validity.VALID, 20)
    assert found.details["self_serve_rate"] == 1.0


@pytest.mark.parametrize(
    ("read", "told"),
    [
        ({"value": {"status": "paying"}}, "reads paying, and not what is going on nor when"),
        ({"value": {**WORD, "next_update_by_s": None}}, "and not when to look again"),
        ({"value": WORD, "took_s": 3.5}, "waited 3.5 s for an answer"),
        ({"type": "info", "took_s": 2.0, "err": "timeout"}, "and no word of what comes next"),
    ],
)
def test_who_is_not_told_has_to(read: dict[str, Any], told: str) -> None:
    """Two of twenty-one are more than one in twenty; one of twenty is not."""
    assert verdict(INVARIANT, _story(**read)).validity is Validity.VALID
    said = what(verdict(INVARIANT, _story(**read).op(8.0, "application", "app-98", **read)))
    assert "2 of 21 who asked while something was broken have to call" in said
    assert told in said


def test_a_submit_is_an_answer_by_its_id_by_reasons_or_at_the_next_try() -> None:
    """Same key: one question. Without an id there is nothing to ask by."""
    story = Story().breaks(5.0, 15.0, "lending->payment_a")
    story.op(6.0, "submit", "k1", type="info", err="timeout")
    story.op(6.5, "submit", "k1", value={"application_id": "app-1", **WORD})
    refusal = {"explained": True, "message": "later", "http_status": 503}
    story.op(7.0, "submit", "k2", type="fail", err="busy", value=refusal)
    found = verdict(INVARIANT, story.settles(60.0))
    assert (found.validity, found.examined) == (Validity.VALID, 2)
    story.op(8.0, "submit", "k3", value={"status": "acknowledged"})
    assert "submit k3 at 8.00 s got nothing to ask by" in what(verdict(INVARIANT, story))


def test_nobody_who_asked_is_unknown() -> None:
    """No empty pass."""
    story = Story().breaks(5.0, 15.0, "lending->payment_a").op(1.0, "application", "app-0")
    assert verdict(INVARIANT, story.settles(60.0)).validity is Validity.UNKNOWN
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN

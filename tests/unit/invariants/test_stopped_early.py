"""What was cut short is not judged by what needs an end; what was broken before stays broken."""

from __future__ import annotations

import pytest

from chaos.invariants._finding import Findings, Invariant, bad
from harness.history import Event, History
from harness.model import Objectives, Validity

STOPPED = Event(i=0, t=5, p="harness", type="info", f="stopped", v={"why": "abort"}, src="clock")
UNANSWERED = bad(1.0, "still waits", [1], at_end=True)
TWICE = bad(1.0, "paid twice", [1])


@pytest.mark.parametrize(
    ("found", "at_end", "stopped", "validity"),
    [
        ([TWICE], False, True, Validity.INVALID),
        ([TWICE, UNANSWERED], False, True, Validity.INVALID),
        ([UNANSWERED], False, True, Validity.UNKNOWN),
        ([UNANSWERED], False, False, Validity.INVALID),
        ([TWICE], True, True, Validity.UNKNOWN),
        ([TWICE], True, False, Validity.INVALID),
        ([], True, True, Validity.VALID),
    ],
)
def test_a_run_that_was_stopped_is_judged_as_far_as_it_went(
    found: list[dict[str, object]], at_end: bool, stopped: bool, validity: Validity
) -> None:
    """Safety is judged as ever; what had no time to come to an end is unknown."""
    claim = Invariant("x", ("U2",), "a claim", lambda h, o: Findings(3, found), at_end=at_end)
    history = History([STOPPED] if stopped else [])
    verdict = claim.check(history, Objectives())
    assert verdict.validity is validity
    assert ("stopped before" in verdict.why) is (validity is Validity.UNKNOWN)

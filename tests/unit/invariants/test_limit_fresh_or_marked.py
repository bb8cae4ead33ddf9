"""U4 on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.limit_fresh_or_marked import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

LIVE: dict[str, Any] = {"available_minor": 900_000, "source": "live", "as_of_s": 3.0}


def _reads(t_s: float = 3.0, **limit: Any) -> Story:
    story = Story().breaks(5.0, 10.0, "lending->risk", "down")
    return story.op(t_s, "read_limit", "b-0001", value={**LIVE, **limit})


@pytest.mark.parametrize("t_s", [3.0, 4.95, 9.95, 12.0])
def test_a_live_limit_is_fine_when_an_answer_could_come_through(t_s: float) -> None:
    """Before, after, and across the edges of the fault."""
    assert verdict(INVARIANT, _reads(t_s)).validity is Validity.VALID


@pytest.mark.parametrize("source", ["stale", "stand_in"])
def test_a_marked_limit_is_fine_during_the_fault(source: str) -> None:
    """It says what it is."""
    found = verdict(INVARIANT, _reads(7.0, source=source))
    assert (found.validity, found.details["marked"]) == (Validity.VALID, 1)


def test_a_live_limit_during_the_fault_is_a_lie() -> None:
    """Nothing came through for the whole of the read."""
    assert "called live while down at lending->risk" in what(verdict(INVARIANT, _reads(7.0)))


@pytest.mark.parametrize("t_s", [5.0, 9.7])
def test_a_live_limit_while_the_fault_comes_or_goes_is_fine(t_s: float) -> None:
    """Killing and starting a process take a moment in which it may answer."""
    story = Story()
    steps = ((5.0, "inject"), (9.5, "heal"))
    for began_s, action in steps:
        for at_s, type_ in ((began_s, "invoke"), (began_s + 0.4, "ok")):
            story.event(at_s, p="nemesis", type=type_, f="crash", k="risk", src="nemesis",
                        v={"action": action})  # fmt: skip
    story.op(t_s, "read_limit", "b-0001", value=LIVE)
    assert verdict(INVARIANT, story).validity is Validity.VALID
    assert "called live" in what(verdict(INVARIANT, story.op(7.0, "read_limit", value=LIVE)))


@pytest.mark.parametrize("limit", [0, None, "", -1])
def test_zero_or_nothing_is_nobodys_limit(limit: object) -> None:
    """The symptom that users saw."""
    found = verdict(INVARIANT, _reads(7.0, source="stale", available_minor=limit))
    assert "nobody's limit" in what(found)


@pytest.mark.parametrize("lost", ["source", "as_of_s"])
def test_without_source_or_time_it_is_not_marked(lost: str) -> None:
    """Both are needed."""
    assert "neither of what time" in what(verdict(INVARIANT, _reads(3.0, **{lost: None})))

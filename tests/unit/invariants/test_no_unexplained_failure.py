"""U3 on hand-written histories."""

from __future__ import annotations

import pytest

from chaos.invariants.no_unexplained_failure import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story() -> Story:
    return Story().submits(1.0, "k1", "app-1").breaks(5.0, 10.0, "borrower->lending")


def test_explained_refusals_are_valid() -> None:
    """A 422 and a 503 with everything a borrower needs."""
    story = _story().fails(2.0, "submit", "k2", "invalid_term", 422, explained=True)
    story.fails(12.0, "repay", "k3", "overloaded", 503, explained=True).settles(30.0)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined, found.details["explained"]) == (Validity.VALID, 3, 2)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_bare_status_is_invalid_even_behind_a_broken_link(status: int) -> None:
    """Whatever answered could have explained."""
    for t_s in (2.0, 7.0):
        story = _story().fails(t_s, "repay", "k2", f"http_{status}", status).settles(30.0)
        assert f"repay k2 of consumer/4 got HTTP {status}" in what(verdict(INVARIANT, story))


@pytest.mark.parametrize("err", ["timeout", "reset", "refused"])
def test_silence_is_excused_only_while_the_borrowers_link_is_broken(err: str) -> None:
    """Overlapping the window is enough; before, after, and behind another fault it is not."""
    excused = _story().fails(4.0, "submit", "k2", err, took_s=3.0).settles(30.0)
    found = verdict(INVARIANT, excused)
    assert (found.validity, found.details["excused"]) == (Validity.VALID, 1)
    for t_s in (2.0, 12.0):
        story = _story().fails(t_s, "submit", "k2", err).settles(30.0)
        assert "without any explanation" in what(verdict(INVARIANT, story))
    other = Story().breaks(5.0, 10.0, "lending->database").fails(6.0, "submit", "k2", err)
    assert verdict(INVARIANT, other.settles(30.0)).validity is Validity.INVALID


def test_a_crash_of_the_service_itself_excuses_silence() -> None:
    """There is nobody who could explain; a contract may say otherwise."""
    story = Story().breaks(5.0, 10.0, "lending", kind="crash").fails(6.0, "submit", "k", "refused")
    assert verdict(INVARIANT, story.settles(30.0)).validity is Validity.VALID
    strict = verdict(INVARIANT, story, contract={"front": []})
    assert strict.validity is Validity.INVALID


def _killed(*canaries: str) -> Story:
    """Killed from 5 s to 10 s; then a look every half a second."""
    story = Story().breaks(5.0, 10.0, "lending", kind="crash")
    for n, canary in enumerate(canaries):
        story.nemesis(10.1 + n / 2, "observe", "lending", kind="crash", when="after", canary=canary)
    return story


def test_silence_is_excused_until_a_service_that_was_killed_has_started_again() -> None:
    """As far as the looks show that nobody listens, and for no longer than recovery may take."""
    for t_s, validity in ((10.9, Validity.VALID), (11.5, Validity.INVALID)):
        story = _killed("refused", "refused", "ok").fails(t_s, "submit", "k", "reset")
        assert verdict(INVARIANT, story.settles(30.0)).validity is validity
    never = _killed(*["refused"] * 20).fails(18.0, "submit", "k", "reset").settles(30.0)
    assert verdict(INVARIANT, never, recovery_s=9.0).validity is Validity.VALID
    assert verdict(INVARIANT, never, recovery_s=5.0).validity is Validity.INVALID
    there = _killed("ok", "refused").fails(10.3, "submit", "k", "reset").settles(30.0)
    assert verdict(INVARIANT, there).validity is Validity.INVALID


def test_an_operation_that_hangs_is_invalid_unless_the_load_had_stopped() -> None:
    """Open at the end: the last ones had no time."""
    story = _story().op(29.0, "submit", "k2", took_s=None).settles(30.0)
    assert verdict(INVARIANT, story).validity is Validity.VALID
    story.op(20.0, "submit", "k3", took_s=None)
    assert "submit k3" in what(verdict(INVARIANT, story))


def test_nothing_asked_is_unknown() -> None:
    """An empty history."""
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN

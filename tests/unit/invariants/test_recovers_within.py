"""R3 on hand-written histories."""

from __future__ import annotations

from chaos.invariants.recovers_within import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _load(fails_until_s: float, *, end_s: float = 40.0, per_s: int = 10) -> Story:
    """A fault from 5 s to 10 s; submits fail until `fails_until_s`, then are ok."""
    story = Story().breaks(5.0, 10.0, "lending->database")
    for n in range(int(end_s * per_s)):
        t_s = n / per_s
        if 5.0 <= t_s < fails_until_s:
            story.fails(t_s, "submit", f"k{n}", "busy", 503, explained=True)
        else:
            story.submits(t_s, f"k{n}", f"app-{n}")
    return story


def _story(fails_until_s: float, *, end_s: float = 40.0, per_s: int = 10) -> Story:
    """The same, and the load has stopped."""
    return _load(fails_until_s, end_s=end_s, per_s=per_s).settles(end_s)


def test_good_soon_after_the_healing_is_valid_and_measured() -> None:
    """The last failure completes at 13.0 s, the next one is good at 13.1 s."""
    found = verdict(INVARIANT, _story(13.0))
    assert (found.validity, found.details["recovery_time_s"]) == (Validity.VALID, 3.1)


def test_good_too_late_is_invalid() -> None:
    """Objective 10 s, took 15.1 s."""
    found = verdict(INVARIANT, _story(25.0))
    assert "it took 15.10 s, last failure submit k249 with HTTP 503 busy" in what(found)
    assert verdict(INVARIANT, _story(25.0), recovery_s=20.0).validity is Validity.VALID


def test_never_good_again_is_invalid() -> None:
    """A metastable collapse."""
    found = verdict(INVARIANT, _story(99.0))
    assert "never was" in what(found)
    assert found.details["recovery_time_s"] is None


def test_a_relapse_counts_from_its_end() -> None:
    """Good at 10 s, bad again from 30 s to 31 s."""
    story = _story(10.0)
    for n in range(10):
        story.fails(30.0 + n / 10, "repay", f"r{n}", "busy", 503, explained=True)
    assert verdict(INVARIANT, story).details["recovery_time_s"] == 21.1


def test_one_failure_in_a_busy_second_is_no_relapse_in_a_quiet_one_it_is() -> None:
    """Good means at least 95 % of each second."""
    busy = _story(10.0, per_s=40).fails(30.0, "submit", "x", "busy", 503, explained=True)
    assert verdict(INVARIANT, busy).validity is Validity.VALID
    quiet = _story(10.0, per_s=10).fails(30.0, "submit", "x", "busy", 503, explained=True)
    assert verdict(INVARIANT, quiet).validity is Validity.INVALID


def test_19_good_of_20_is_good() -> None:
    """Exactly 95 % of the only second, and exactly as many operations as are needed."""
    story = Story().breaks(5.0, 10.0, "x")
    for n in range(19):
        story.submits(10.0 + n / 100, f"k{n}", f"app-{n}")
    story.fails(10.19, "submit", "k19", "busy", 503, explained=True).settles(30.0)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.details["recovery_time_s"]) == (Validity.VALID, 0.1)


def test_the_last_of_several_healings_counts() -> None:
    """Healed at 10 s and at 12 s."""
    story = _story(13.0).breaks(6.0, 12.0, "lending->risk")
    assert verdict(INVARIANT, story).details["recovery_time_s"] == 1.1


def test_operations_that_hang_are_failures() -> None:
    """Nothing completes any more: silence is not recovery."""
    story = _load(10.0, end_s=12.0).settles(40.0)
    for n in range(40):
        story.op(13.0 + n / 2, "submit", f"hung-{n}", took_s=None)
    assert "last failure submit hung-39 with never_completed" in what(verdict(INVARIANT, story))


def test_too_little_load_after_the_healing_is_unknown() -> None:
    """19 operations; a load that stopped before the objective was due."""
    few = verdict(INVARIANT, _story(10.0, end_s=11.8))
    assert (few.validity, "only 19" in few.why) == (Validity.UNKNOWN, True)
    short = verdict(INVARIANT, _story(99.0, end_s=15.0))
    assert (short.validity, "not yet good" in short.why) == (Validity.UNKNOWN, True)


def test_other_operations_and_own_mistakes_do_not_count() -> None:
    """Reads that fail are somebody else's claim."""
    story = _story(10.0).fails(30.0, "read_loan", "l", "timeout")
    story.fails(30.0, "repay", "r", "invalid_amount", 422, explained=True)
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_no_fault_is_unknown() -> None:
    """An empty history, and a load without any fault."""
    for story in (Story(), Story().submits(1.0, "k", "app-1")):
        found = verdict(INVARIANT, story)
        assert (found.validity, found.why) == (Validity.UNKNOWN, "no fault was injected")

"""C4: the record of modes against the status page, hand-written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chaos.invariants.mode_changes_are_kept import INVARIANT
from chaos.targets._reference_gauges import page_group
from chaos.targets.reference import TARGET
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
AHEAD_S = 100.0  # the services' clock
BEGUN = (1, None, "FULL", "started", 0.0)
DOWN = (2, "FULL", "STALE", "risk_down", 5.8)
WELL = (3, "STALE", "FULL", "none", 16.0)
DAY = [(1.0, "FULL", 0.0), (6.0, "STALE", 5.8), (9.0, "STALE", 5.8), (17.0, "FULL", 16.0),
       (25.0, "FULL", 16.0)]  # fmt: skip
ALL = range(len(DAY))
Row = tuple[int, str | None, str, str, float]


def _look(story: Story, t_s: float, mode: str, since_s: float) -> Story:
    reason = "none" if mode == "FULL" else "risk_down"
    said: dict[str, Any] = {"since_s": AHEAD_S + since_s, "reason": reason}
    groups = {page_group(field): {"read_limit": value} for field, value in said.items()}
    groups["Modes"] = {"read_limit": mode}
    return story.event(t_s, p="lending", type="info", f="gauges", v=groups, src="service")


def _told(
    rows: Sequence[Row], looks: Sequence[tuple[float, str, float]] = DAY, story: Story | None = None
) -> Verdict:
    story = story or Story()
    story.ledger(0.5, "risk", "score", "app", t_s=AHEAD_S + 0.5)
    for look in looks:
        _look(story, *look)
    changes = [
        {"number": number, "operation": "read_limit", "from": old, "to": new, "reason": reason,
         "at_s": AHEAD_S + at_s}
        for number, old, new, reason, at_s in rows
    ]  # fmt: skip
    story.settles(30.0).op(31.0, "mode_changes", "service", value={"changes": changes})
    return verdict(INVARIANT, story, contract=TARGET.contract)


def test_a_record_of_a_whole_day() -> None:
    """As the page showed it."""
    assert _told([BEGUN, DOWN, WELL]).validity is Validity.VALID


def test_nobody_looked_or_nobody_read_it() -> None:
    """Nothing is known."""
    assert _told([BEGUN], []).validity is Validity.UNKNOWN
    found = verdict(INVARIANT, _look(Story(), 1.0, "FULL", 0.0), contract=TARGET.contract)
    assert found.validity is Validity.UNKNOWN


@pytest.mark.parametrize(
    ("rows", "looks", "why"),
    [
        ([BEGUN, (2, "STALE", "FULL", "none", 16.0)], (0, 3), "began from STALE, and it was FULL"),
        ([BEGUN, (2, "FULL", "FULL", "none", 16.0)], ALL, "calls it STALE, and no change to that"),
        ([BEGUN, DOWN, (4, *WELL[1:])], ALL, "change 4 (read_limit to FULL) right after change 2"),
        ([BEGUN, (2, "FULL", "STALE", "overload", 5.8), WELL], ALL, "the reason 'risk_down'"),
        ([BEGUN, (2, "FULL", "STALE", "risk_down", 5.7), WELL], ALL, "no change to that is kept"),
        ([BEGUN, DOWN, (3, "STALE", "FULL", "none", 5.0)], (0,), "at 105.00 s, before change 2"),
        ([BEGUN, DOWN, WELL, (4, "FULL", "STALE", "risk_down", 16.5),
          (5, "STALE", "FULL", "none", 28.0)], ALL, "the record has it STALE since 116.50 s"),
    ],
)  # fmt: skip
def test_a_record_that_is_not_what_was(rows: Sequence[Row], looks: Sequence[int], why: str) -> None:
    """Left out, out of order, with another reason or time, or of what never was."""
    assert why in what(_told(rows, [DAY[n] for n in looks]))


@pytest.mark.parametrize(
    ("at_s", "where", "good"),
    [(6.3, "lending", True), (9.0, "lending", False), (6.3, "lending->risk", False)],
)
def test_what_a_killed_service_had_no_time_to_write(at_s: float, where: str, good: bool) -> None:
    """A moment after the change; not seconds later, and not when somebody else was killed."""
    story = Story().breaks(at_s, at_s + 2.0, where, "crash")
    rows: list[Row] = [BEGUN, (2, "FULL", "FULL", "started", 11.0)]
    found = _told(rows, [*DAY[:2], (12.0, "FULL", 11.0)], story)
    assert (found.validity is Validity.VALID) is good


def test_a_record_goes_over_lives() -> None:
    """The next life says that it began, and from where; who forgot begins at nothing."""
    story = Story().breaks(10.0, 15.0, "lending", "crash")
    rows: list[Row] = [BEGUN, DOWN, (3, "STALE", "FULL", "started", 16.0)]
    assert _told(rows, DAY, story).validity is Validity.VALID
    story = Story().breaks(10.0, 15.0, "lending", "crash")
    assert "no change to that is kept" in what(_told([(1, None, "FULL", "started", 16.0)],
                                                     DAY, story))  # fmt: skip


@pytest.mark.parametrize(
    ("n", "breaker", "good"), [(7, "open", True), (8, "open", False), (8, "closed", True)]
)
def test_what_borrowers_met_for_long_was_declared(n: int, breaker: str, good: bool) -> None:
    """Eight old limits in a row in 7 s, while nobody was asked, are no single slow call."""
    story = Story()
    for number in range(n):
        value = {"source": "stale", "available_minor": 1}
        story.op(18.0 + number, "read_limit", f"b-{number}", value=value)
    states = {"Breakers": {"risk": breaker}}
    story.event(20.0, p="lending", type="info", f="gauges", v=states, src="service")
    found = _told([BEGUN, DOWN, WELL], story=story)
    assert (found.validity is Validity.VALID) is good
    assert good or "8 answers in a row showed read_limit in the mode STALE" in what(found)

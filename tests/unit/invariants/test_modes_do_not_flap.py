"""R9 on hand-written looks at the status page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chaos.invariants.modes_do_not_flap import INVARIANT
from chaos.targets.reference import TARGET
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
RISK = "lending->risk"


def _looks(*looks: tuple[float, str, str], story: Story | None = None) -> Verdict:
    """What is said of looks: when, the mode of new applications, the breaker of the risk engine."""
    story = story or Story().breaks(5.0, 13.0, RISK)
    for t_s, mode, breaker in looks:
        groups = {"Modes": {"submit": mode}, "Breakers": {"risk": breaker}}
        story.event(t_s, p="lending", type="info", f="gauges", v=groups, src="service")
    return verdict(INVARIANT, story, contract=TARGET.contract)


def _flaps(gaps_s: Sequence[float]) -> list[tuple[float, str, str]]:
    """A mode that begins and ends at such gaps, long after each breaker was closed."""
    looks, t_s, mode = [(1.0, "FULL", "closed")], 10.0, "FULL"
    for gap_s in gaps_s:
        t_s, mode = t_s + gap_s, "STANDIN" if mode == "FULL" else "FULL"
        looks.append((t_s, mode, "closed"))
    return looks


def test_nobody_looked() -> None:
    """Nothing is known."""
    assert _looks().validity is Validity.UNKNOWN


@pytest.mark.parametrize(("t_s", "good"), [(7.5, False), (9.5, True)])
def test_a_mode_does_not_flap_with_what_flaps(t_s: float, good: bool) -> None:
    """Whole again a moment after the breaker was open: with the next failure it is not."""
    found = _looks((4.0, "FULL", "closed"), (7.0, "STANDIN", "open"), (t_s, "FULL", "closed"))
    assert (found.validity is Validity.VALID) is good
    assert good or "every breaker of risk_engine was open at 7.00 s" in what(found)


@pytest.mark.parametrize(
    ("gaps_s", "good"),
    [([5.0] * 6, True), ([5.0] * 7, False), ([5.0] * 6 + [600.0], True)],
)
def test_so_many_changes_in_ten_minutes_are_declared(gaps_s: list[float], good: bool) -> None:
    """The seventh in that time is one too many; later it is not."""
    found = _looks(*_flaps(gaps_s))
    assert (found.validity is Validity.VALID) is good
    assert good or "submit changed its mode 7 times from 15.00 s to 45.00 s" in what(found)


def test_a_service_that_was_gone_begins_anew() -> None:
    """What it says then is no change of a mode."""
    story = Story()
    for n in range(7):
        story.breaks(11.0 + 5.0 * n, 14.0 + 5.0 * n, "lending", "crash")
    assert _looks(*_flaps([5.0] * 7), story=story).validity is Validity.VALID

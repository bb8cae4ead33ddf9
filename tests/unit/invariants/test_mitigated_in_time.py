"""R2 of an alert, on hand-written histories."""

from __future__ import annotations

from chaos.invariants.mitigated_in_time import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what


def _story(mended_s: float | None, *, served: bool = True) -> Story:
    story = Story().event(10.0, p="on-call", type="info", f="alert", src="response")
    steps = [(12.0, "page", "page the first", False)]
    steps += [(mended_s, "mend", "promote", True)] if mended_s is not None else []
    for t_s, does, name, done in steps:
        v = {"does": does, "about": "", "begins": False, "done": done, "took_s": 1.0}
        story.event(t_s, p="on-call", type="info", f="step", k=name, v=v, src="response")
    if served:
        return story.submits((mended_s or 0.0) + 0.5, "k", "app-1")
    return story.fails((mended_s or 0.0) + 0.5, "submit", "k", "refused")


def test_in_time_and_served_again() -> None:
    """The alert and every step were looked at."""
    found = verdict(INVARIANT, _story(15.0))
    assert (found.validity, found.examined) == (Validity.VALID, 3)
    assert found.details["mitigated_after_s"] == 5.0


def test_late_never_or_only_said_to_be_done() -> None:
    """Each is named with its instants."""
    assert "mitigated after 15.0 s, allowed 10 s" in what(verdict(INVARIANT, _story(25.0)))
    never = what(verdict(INVARIANT, _story(None)))
    assert "never mitigated; the last step was 'page the first'" in never
    said = what(verdict(INVARIANT, _story(15.0, served=False)))
    assert said == "'promote' was done at 15.00 s, and of the next 1 operations 0 ended well"


def test_without_an_alert_nothing_is_known() -> None:
    """Nobody was on call, or nobody felt anything."""
    assert verdict(INVARIANT, Story().submits(1.0, "k", "app-1")).validity is Validity.UNKNOWN

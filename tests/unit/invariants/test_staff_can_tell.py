"""R12: whoever takes a call can tell what is wrong, on hand-written histories."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.staff_can_tell import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

FULL = {"mode": "FULL", "reason": "none", "message": "Works.", "next_update_by_s": None}
QUEUED = {"mode": "QUEUE", "reason": "payment_down", "message": "kept", "next_update_by_s": 20.0}
WAITS = {"status": "queued_degraded", "message": "it waits", "next_update_by_s": 20.0}


def _asks(story: Story, t_s: float, f: str, value: dict[str, Any], took_s: float = 0.1) -> None:
    """The same clerk, in one call."""
    story.event(t_s, p="clerk/1", type="invoke", f=f, k="app-1", v={})
    story.event(t_s + took_s, p="clerk/1", type="ok", f=f, k="app-1", v=value)


def _called(
    page: dict[str, Any], application: dict[str, Any] | None = None, took_s: float = 0.1
) -> Story:
    """No gateway can be reached; a clerk takes a call, and one more before that."""
    story = Story().op(1.0, "status", "call-0", value={"operations": {}})
    for name in ("payment_a", "payment_b"):
        story.breaks(5.0, 20.0, f"lending->{name}", kind="down")
    _asks(story, 12.0, "status", {"operations": {"repay": page}}, took_s)
    if application:
        _asks(story, 12.5, "application", application)
    return story.settles(60.0)


@pytest.mark.parametrize("application", [None, WAITS, {"status": "active"}])
def test_a_clerk_who_finds_everything(application: dict[str, Any] | None) -> None:
    """What is not whole and why, and the caller's application where there is a reference."""
    found = verdict(INVARIANT, _called(QUEUED, application))
    assert (found.validity, found.examined) == (Validity.VALID, 1)


@pytest.mark.parametrize(
    ("page", "application", "why"),
    [
        (FULL, None, "blames no payment_gateway, and every one is unreachable"),
        ({**QUEUED, "reason": "risk_down"}, None, "blames no payment_gateway"),
        ({**QUEUED, "next_update_by_s": None}, None, "no next_update_by_s is given"),
        (QUEUED, {**WAITS, "message": None}, "application app-1 tells no message"),
    ],
)
def test_a_clerk_with_nothing_to_say(
    page: dict[str, Any], application: dict[str, Any] | None, why: str
) -> None:
    """Nobody blamed, somebody else, no time, or no word on the application."""
    assert why in what(verdict(INVARIANT, _called(page, application)))


def test_nobody_is_kept_on_the_line() -> None:
    """An answer after more than three seconds is none."""
    assert "after 4.0 s" in what(verdict(INVARIANT, _called(QUEUED, took_s=4.0)))


def test_no_call_is_unknown() -> None:
    """Nor is one while all is well."""
    assert verdict(INVARIANT, Story()).validity is Validity.UNKNOWN
    calm = Story().op(1.0, "status", "call-0", value={"operations": {}}).settles(9.0)
    assert verdict(INVARIANT, calm).validity is Validity.UNKNOWN

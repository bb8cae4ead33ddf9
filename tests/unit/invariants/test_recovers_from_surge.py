"""R5 on hand-written histories: a collapse that stays is told from too much load."""

from __future__ import annotations

import pytest

from chaos.invariants.recovers_from_surge import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

USUAL, SURGE = 5, 20


def _load(fails_from_s: float, fails_until_s: float, *, surge: int = SURGE) -> Story:
    """40 s of load, more of it from 10 s to 15 s; a fault that lasts, and submits that fail."""
    story = Story().breaks(8.0, 35.0, "payment_a", kind="capacity")
    for second in range(40):
        per_s = surge if 10 <= second < 15 else USUAL
        for n in range(per_s):
            t_s, k = second + n / per_s, f"{second}-{n}"
            if fails_from_s <= t_s < fails_until_s:
                story.fails(t_s, "submit", k, "busy", 503, explained=True)
            else:
                story.submits(t_s, k, f"app-{k}")
    return story.settles(40.0)


def test_what_fails_in_the_surge_alone_is_overload() -> None:
    """It is counted, and not judged."""
    found = verdict(INVARIANT, _load(11.0, 15.0))
    assert found.validity is Validity.VALID
    assert found.details["failed_in_surge"] > 50
    assert found.details["failed_after"] < 5


def test_a_collapse_that_outlives_the_surge_is_found_while_the_fault_still_lasts() -> None:
    """The load is the old one: that it heals once the fault is over is no excuse."""
    found = verdict(INVARIANT, _load(11.0, 35.0))
    assert found.validity is Validity.INVALID
    assert "at the old load of 5 arrivals a second" in what(found)


def test_good_again_within_the_objective_is_valid() -> None:
    """The surge is over at 15 or 16 s, the last failure comes at 20 s."""
    assert verdict(INVARIANT, _load(11.0, 20.0)).validity is Validity.VALID
    assert verdict(INVARIANT, _load(11.0, 20.0), recovery_s=2.0).validity is Validity.INVALID


@pytest.mark.parametrize("surge", [USUAL, 2 * USUAL])
def test_without_a_surge_nothing_is_known(surge: int) -> None:
    """Never valid by having looked at nothing."""
    found = verdict(INVARIANT, _load(11.0, 15.0, surge=surge))
    assert found.validity is Validity.UNKNOWN
    assert "no surge" in found.why


def test_borrowers_who_try_again_are_no_surge() -> None:
    """A service that is down makes its own requests; its borrowers are as many as before."""
    story = Story()
    for second in range(40):
        for n in range(USUAL):
            p = f"consumer/{second}-{n}"
            tries = 8 if 10 <= second < 15 else 1
            for again in range(tries):
                t_s = second + n / USUAL + again / 100
                who = {"p": f"{p}.{again}" if again else p, "f": "submit", "k": f"{second}-{n}"}
                story.event(t_s, type="invoke", v={}, **who)
                story.event(t_s + 0.005, type="fail", err="busy", v={"http_status": 503}, **who)
    assert "no surge" in verdict(INVARIANT, story.settles(40.0)).why

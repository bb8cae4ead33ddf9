"""U3 of people who come back, on hand-written histories."""

from __future__ import annotations

from chaos.invariants.harm_is_not_repeated import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import Story, verdict, what

GOOD, SILENT, TOLD, OWN = "good", "silent", "told", "own"


def _visits(*seen: str, every_s: float = 6.0) -> Story:
    """One borrower, who sees this at each visit."""
    story, p = Story(), "regular/1"
    for number, one in enumerate(seen):
        value = {
            GOOD: {},
            SILENT: {"http_status": 503},
            TOLD: {"http_status": 503, "explained": True},
            OWN: {"http_status": 409, "explained": True},
        }[one]
        err = {GOOD: "", OWN: "invalid_amount"}.get(one, "service_unavailable")
        t_s = 1.0 + number * every_s
        story.event(t_s, p=p, type="invoke", f="read_limit", k="b-1")
        ended = {"type": "ok" if one == GOOD else "fail", "v": value, "err": err}
        story.event(t_s + 0.1, p=p, f="read_limit", k="b-1", **ended)
    return story


def _validity(*seen: str) -> Validity:
    return verdict(INVARIANT, _visits(*seen)).validity


def test_one_obstacle_is_forgiven_and_a_silent_one_is_not_forgiven_twice() -> None:
    """Two refusals that say why are borne, a third one is not."""
    assert _validity(GOOD, SILENT, GOOD) is Validity.VALID
    assert _validity(TOLD, GOOD, TOLD) is Validity.VALID
    assert _validity(TOLD, TOLD, TOLD, GOOD) is Validity.INVALID
    assert _validity(TOLD, SILENT, GOOD) is Validity.INVALID
    bad = what(verdict(INVARIANT, _visits(SILENT, GOOD, SILENT, GOOD)))
    assert bad.startswith("regular/1 met 2 obstacles, 4 points of 2: read_limit HTTP 503")
    assert "at 1.00 s" in bad
    assert "at 13.00 s" in bad


def test_tries_of_one_visit_are_one_obstacle() -> None:
    """Who tries again at once meets the same fault; it is no second one."""
    tries = verdict(INVARIANT, _visits(SILENT, SILENT, SILENT, GOOD, GOOD, every_s=1.0))
    assert (tries.validity, tries.details["failed_again"]) == (Validity.UNKNOWN, 0)


def test_a_mistake_of_ones_own_is_no_obstacle_and_nobody_who_came_back_shows_nothing() -> None:
    """What is not valid is refused as often as it is asked for."""
    assert _validity(OWN, OWN, OWN, GOOD) is Validity.VALID
    assert verdict(INVARIANT, _visits(SILENT)).why == "no borrower came back"

"""R1 on hand-written histories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.invariants.only_declared_degrades import INVARIANT
from harness.model import Validity
from tests.unit.invariants.build import SYSTEM, Story, verdict, what


def _broken(*places: str, f: str = "read_loan", n: int = 20) -> Story:
    story = Story()
    for place in places:
        story.breaks(5.0, 10.0, place)
    for at in range(n):
        story.op(5.0 + at / 10, f, f"loan-{at}")
    return story.settles(30.0)


def test_what_is_not_declared_stays_good() -> None:
    """Submits may fail while the risk engine is down, reading a loan may not."""
    story = _broken("lending->risk").fails(6.0, "submit", "k1", "http_503", 503)
    found = verdict(INVARIANT, story)
    assert (found.validity, found.examined) == (Validity.VALID, 20)
    assert found.details["ok_ratio"] == {"read_loan": 1.0}


@pytest.mark.parametrize(
    "place", ["lending->risk", "risk", "lending->payment_b", "payment_a->lending"]
)
def test_what_is_not_declared_and_fails_is_invalid(place: str) -> None:
    """The dependency is known from a link in either direction, or from the service."""
    story = _broken(place).fails(6.0, "read_loan", "l", "busy", 503, explained=True)
    found = verdict(INVARIANT, story)
    assert "read_loan is not declared to depend on what was broken, but 1 of 21" in what(found)


def test_one_unexplained_failure_of_many_is_invalid() -> None:
    """One of 201 is within 1 %, but says nothing."""
    explained = _broken("risk", n=50)
    for at in range(150):
        explained.op(6.0 + at / 100, "read_loan", f"more-{at}")
    explained.fails(6.0, "read_loan", "l", "busy", 503, explained=True)
    assert verdict(INVARIANT, explained).validity is Validity.VALID
    bare = explained.fails(6.5, "read_loan", "m", "timeout")
    assert "1 unexplained: first m" in what(verdict(INVARIANT, bare))


def test_failures_outside_of_the_window_do_not_count() -> None:
    """Before and after; overlapping it counts."""
    story = _broken("risk").fails(2.0, "read_loan", "l", "timeout")
    assert verdict(INVARIANT, story).validity is Validity.VALID
    story.fails(4.0, "read_loan", "m", "timeout", took_s=1.5)
    assert "first m" in what(verdict(INVARIANT, story))


def test_one_funder_down_degrades_nothing_all_three_do() -> None:
    """Another funder takes over, unless there is none."""
    funders = [f"lending->funding_{one}" for one in "abc"]
    one = _broken(funders[0]).fails(6.0, "submit", "k", "no_funds", 503, explained=True)
    assert "submit is not declared" in what(verdict(INVARIANT, one))
    three = _broken(*funders).fails(6.0, "submit", "k", "no_funds", 503, explained=True)
    assert verdict(INVARIANT, three).validity is Validity.VALID


def test_what_a_target_declares_is_what_it_is_held_to() -> None:
    """Less than the reference does, and for roles of its own; a role that no cell names is FULL."""
    roles = {**SYSTEM.roles, "mailer": ("mail",)}
    less = replace(SYSTEM, roles=roles, degradation={"submit": {"mailer": {"all": "QUEUE"}}})
    story = _broken("lending->risk").fails(6.0, "submit", "k", "busy", 503, explained=True)
    assert "submit is not declared" in what(verdict(INVARIANT, story, system=less))
    mail = _broken("lending->mail").fails(6.0, "submit", "k", "busy", 503, explained=True)
    assert verdict(INVARIANT, mail, system=less).validity is Validity.VALID
    undeclared = replace(SYSTEM, roles=roles)
    assert "submit is not declared" in what(verdict(INVARIANT, mail, system=undeclared))


def test_a_cell_that_says_full_excuses_nothing() -> None:
    """FULL may be written down."""
    full = replace(SYSTEM, degradation={"submit": {"risk_engine": {"all": "FULL"}}})
    story = _broken("risk").fails(6.0, "submit", "k", "busy", 503, explained=True)
    assert "submit is not declared" in what(verdict(INVARIANT, story, system=full))


def test_a_target_that_declares_nothing_is_unknown() -> None:
    """There is nothing to hold it to."""
    found = verdict(INVARIANT, _broken("risk"), system=replace(SYSTEM, degradation={}))
    assert (found.validity, found.why) == (
        Validity.UNKNOWN, "the target declares no degradation",
    )  # fmt: skip


def test_a_borrowers_own_mistake_is_no_degradation() -> None:
    """An unknown term stays refused in good and bad times."""
    story = _broken("risk").fails(6.0, "repay", "k", "invalid_amount", 422, explained=True)
    assert verdict(INVARIANT, story).validity is Validity.VALID


def test_the_end_of_the_load_excuses_what_was_still_open() -> None:
    """An operation that hung before it does count."""
    story = Story().breaks(5.0, 30.0, "risk").op(6.0, "read_loan", "a").settles(30.0)
    story.op(29.0, "read_loan", "b", took_s=None)
    assert verdict(INVARIANT, story).validity is Validity.VALID
    story.op(7.0, "read_loan", "c", took_s=None)
    assert "first c with never_completed" in what(verdict(INVARIANT, story))


def test_nothing_to_hold_is_unknown() -> None:
    """No history, no fault, everything declared, the service itself broken."""
    for story in (Story(), _broken(), _broken("lending->database"), _broken("lending")):
        assert verdict(INVARIANT, story).validity is Validity.UNKNOWN

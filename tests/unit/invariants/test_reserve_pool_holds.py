"""The lender's own reserve, as the ledgers of gateways and funders tell it, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.reserve_pool_holds import INVARIANT
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

pytestmark = pytest.mark.unit
CONTRACT = {"pool": {"size_minor": 1_200_000, "draw_minor_max": 500_000, "drawn_within_s": 6.0}}
FUNDERS = ("funding_a", "funding_b", "funding_c")


def _down(*funders: str, until_s: float = 40.0) -> Story:
    story = Story()
    for one in funders or FUNDERS:
        story.breaks(8.0, until_s, f"lending->{one}", "down")
    return story


def _judged(story: Story, **contract: Any) -> Verdict:
    return verdict(INVARIANT, story.settles(70.0).ledgers_read(), contract=contract or CONTRACT)


def _lent(story: Story, n: int, paid_s: float, amount: int = 500_000) -> Story:
    """An application at 10 s, paid out by nobody else's money, and taken over in the end."""
    story.submits(10.0, f"k{n}", f"app-{n}", amount=amount)
    return story.pays_out(paid_s, f"loan-{n}", amount_minor=amount)


def _taken_over(story: Story, *numbers: int) -> Story:
    for n in numbers:
        story.reserves(45.0, f"app-{n}").commits(45.1, f"app-{n}")
    return story


def test_nothing_to_look_at_is_never_valid() -> None:
    """Without an application at such a time, and without a reserve."""
    assert _judged(_down()).validity is Validity.UNKNOWN
    assert "declares no reserve" in _judged(_lent(_down(), 1, 12.0), pool={}).why


def test_it_pays_and_is_paid_back() -> None:
    """Within its bounds."""
    story = _taken_over(_lent(_lent(_down(), 1, 12.0), 2, 13.0), 1, 2)
    assert _judged(story).validity is Validity.VALID


def test_nobody_who_pays_is_found() -> None:
    """Although there was enough: after 6 s, and where the request itself failed."""
    assert "the reserve held 1,200,000" in what(_judged(_down().submits(10.0, "k", "app-1")))
    failed = _down().fails(10.0, "submit", "k", "http_503", 503, request={"amount_minor": 5})
    assert "nobody had paid (HTTP 503" in what(_judged(failed))


def test_who_is_declined_needs_no_money() -> None:
    """Whoever pays."""
    story = _down().submits(10.0, "k", "app-1").looks(11.0, "app-1", "declined")
    assert _judged(story).validity is Validity.VALID


@pytest.mark.parametrize(("code", "good"), [("pool_used_up", True), ("funding_down", False)])
def test_that_it_is_used_up_is_said(code: str, good: bool) -> None:
    """To whoever waits because of it."""
    story = _lent(_lent(_down(), 1, 11.0), 2, 12.0)
    story.submits(14.0, "k3", "app-3").looks(21.0, "app-3", "queued_degraded", reason_code=code)
    found = _judged(_taken_over(story, 1, 2))
    assert (found.validity is Validity.VALID) is good
    assert good or "not told that the reserve is used up" in what(found)


def test_below_zero_beyond_the_cap_and_without_need() -> None:
    """Each by itself."""
    below = _lent(_lent(_lent(_down(), 1, 11.0), 2, 12.0), 3, 13.0)
    assert "the reserve is 300,000 minor units below zero" in what(_judged(below))
    assert "500,000 minor units is the most" in what(_judged(_lent(_down(), 1, 11.0, 600_000)))
    assert "funding_c was there" in what(_judged(_lent(_down(*FUNDERS[:2]), 1, 11.0)))


def test_what_stays_drawn_long_after_is_found() -> None:
    """Once funders are back."""
    story = _lent(_down(until_s=40.0), 1, 12.0)
    assert "still drawn" in what(_judged(story.submits(60.0, "late", "app-9")))

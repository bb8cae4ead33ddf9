"""M5 R2 on hand-written histories: a quota that runs out, and who warns of it."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.invariants.quota_warned_early import INVARIANT
from harness.model import Validity, Verdict
from harness.reporting import GAUGES
from tests.unit.invariants.build import Story, verdict, what

CONTRACT = {
    "funding_quota_minor": {"funding_a": 10_000_000, "funding_b": 10_000_000},
    "quota_warning": {"from": 0.8},
}


def _verdict(story: Story, contract: Any = CONTRACT) -> Verdict:
    return verdict(INVARIANT, story.ledgers_read(), contract=contract)


def _says(story: Story, t_s: float, **low: str) -> Story:
    """The service's own word on some funders."""
    said = {"funding_a": "no", "funding_b": "no", **low}
    return story.event(
        t_s, p="lending", type="info", f=GAUGES, k="", v={"Quota low": said}, src="service"
    )


def _story(*, until: int = 10, warned_s: float | None = 8.5, quota_minor: Any = None) -> Story:
    """A million a second at one funder; low at 8 s, gone at 10 s."""
    story = _says(Story().submits(0.5, "k0", "app-0"), 0.6)
    more = {} if quota_minor is None else {"quota_minor": quota_minor}
    for n in range(1, until + 1):
        if warned_s is not None and n - 1 < warned_s <= n:
            _says(story, warned_s, funding_a="yes")
        story.reserves(float(n), f"app-{n}", amount_minor=1_000_000, **more)
    return story.settles(until + 5.0)


def test_a_warning_while_there_is_some_left_is_valid_and_its_lead_is_told() -> None:
    """From the ledger's entries and the service's own word."""
    found = _verdict(_story())
    assert (found.validity, found.examined) == (Validity.VALID, 1)
    times = {"low_s": 8.0, "warned_s": 8.5, "gone_s": 10.0, "lead_s": 1.5}
    assert found.details["funders"]["funding_a"] == times


@pytest.mark.parametrize(("warned_s", "told"), [(None, "never warned"), (11.5, "warned of it at")])
def test_one_that_comes_too_late_or_never_is_invalid(warned_s: float | None, told: str) -> None:
    """2 s after it was low, and it was gone by then."""
    story = _story(until=12, warned_s=warned_s, quota_minor=10_000_000)
    said = what(_verdict(story))
    assert "funding_a had promised 80% of its quota at 8.00 s, 95% at 10.00 s" in said
    assert told in said


def test_the_quota_that_the_funder_had_at_the_time_counts() -> None:
    """Half of its own: low at 4 s, and nobody says so before 8.5 s."""
    said = what(_verdict(_story(quota_minor=5_000_000)))
    assert "promised 80% of its quota at 4.00 s" in said


def test_a_warning_of_who_has_enough_is_invalid() -> None:
    """Whoever always warns is listened to by nobody."""
    said = what(_verdict(_story(until=5, warned_s=4.5)))
    assert "warned of funding_a at 4.50 s, which had promised 40% of its quota" in said


def test_what_runs_out_faster_than_anybody_looks_needs_no_warning() -> None:
    """All of it within a second, then nothing more."""
    story = _says(Story().submits(0.5, "k0", "app-0"), 0.6)
    for n in range(10):
        story.reserves(1.0 + n / 20, f"app-{n}", amount_minor=1_000_000)
    assert _verdict(story.settles(9.0)).validity is Validity.VALID


def test_nobody_low_nobody_asked_or_nothing_declared_is_unknown() -> None:
    """No empty pass."""
    assert _verdict(_story(until=5, warned_s=None)).validity is Validity.UNKNOWN
    silent = Story().submits(0.5, "k0", "app-0").reserves(1.0, "app-0", amount_minor=9_000_000)
    assert "nobody asked the service" in _verdict(silent.settles(9.0)).why
    assert "declares no early warning" in _verdict(_story(), {}).why


@pytest.mark.parametrize("warned", [True, False])
def test_a_quota_that_was_cut_below_what_is_used_is_warned_of(warned: bool) -> None:
    """No promise shows the cut, as nothing is promised any more; a refusal does."""
    story = _story(until=4, warned_s=None)
    rules = [{"effect": "quota_cut", "args": {"quota_minor": 1_000_000}}]
    story.nemesis(5.0, "observe", "funding_a", when="active", state={"rules": rules})
    for t_s in (5.5, 9.0):
        story.called(t_s, "funding_a", "reserve", "app-9", status=409, code="quota_exhausted")
    _says(story, 6.0, funding_a="yes" if warned else "no")
    found = _verdict(story.settles(12.0))
    assert found.validity is Validity.VALID if warned else "never warned" in what(found)

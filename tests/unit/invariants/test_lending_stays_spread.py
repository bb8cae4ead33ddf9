"""C2 on hand-written histories: nobody has too large a part of what is lent."""

from __future__ import annotations

import pytest

from chaos.invariants.lending_stays_spread import INVARIANT
from harness.model import Validity, Verdict
from tests.unit.invariants.build import Story, verdict, what

RULE = {"from_minor": 2_000_000, "funder": 0.5, "region": 0.5, "segment": 1.0}


def _verdict(story: Story, rule: object = RULE) -> Verdict:
    return verdict(INVARIANT, story.settles(30.0).ledgers_read(), contract={"spread": rule})


def _story(n: int, regions: tuple[str, ...] = ("north", "south")) -> Story:
    """Applications app-0 .. from these regions in turn."""
    story = Story()
    for i in range(n):
        request = {"segment": "sme", "region": regions[i % len(regions)], "amount_minor": 500_000}
        value = {"application_id": f"app-{i}", "http_status": 202}
        story.op(1.0 + i / 100, "submit", f"k{i}", request=request, value=value)
    return story


def _funded(story: Story, *funders: str) -> Story:
    for i, funder in enumerate(funders):
        story.reserves(2.0 + i, f"app-{i}", funder).commits(2.5 + i, f"app-{i}", funder)
    return story


A, B = "funding_a", "funding_b"


def test_a_part_up_to_the_cap_is_valid_and_a_commit_counts_once() -> None:
    """Two of four."""
    found = _verdict(_funded(_story(4), A, B, A, B))
    assert (found.validity, found.examined) == (Validity.VALID, 4)
    assert found.details["parts_minor"][f"funder {A}"] == 1_000_000


def test_a_funder_that_gets_more_than_its_part_is_found_at_that_loan() -> None:
    """Although the sum catches up afterwards: three of 2,000,000, four of six in the end."""
    found = _verdict(_funded(_story(6), A, B, A, A, B, B))
    assert found.validity is Validity.INVALID
    assert "funder funding_a has 1,500,000 minor units of 2,000,000" in what(found)


def test_a_region_that_gets_more_than_its_part_is_found() -> None:
    """Whoever funds it."""
    found = _verdict(_funded(_story(4, ("north",)), A, B, "funding_c", B))
    assert "region north has 1,500,000" in what(found)


def test_what_was_released_is_not_lent() -> None:
    """It may be lent again, by the same funder."""
    story = _story(6).reserves(2.0, "app-0", A).reserves(2.1, "app-1", A).releases(2.2, "app-0", A)
    assert _verdict(story.reserves(2.3, "app-2", A)).validity is Validity.VALID


@pytest.mark.parametrize("rule", [{}, RULE])
def test_without_a_rule_or_a_loan_nothing_is_known(rule: object) -> None:
    """Never valid by having looked at nothing."""
    assert _verdict(_story(0), rule).validity is Validity.UNKNOWN

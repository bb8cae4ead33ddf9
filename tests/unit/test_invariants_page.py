"""The page about invariants is made from the claims, so that an id in a report can be looked up."""

from __future__ import annotations

from pathlib import Path

from chaos.catalogue import CATALOGUE
from harness.checker import Checker
from harness.registry import load_vocabulary

PAGE = Path(__file__).parents[2] / "docs/invariants.md"
HEAD = """# Invariants

Reports name an invariant and its ids in the catalogue: `no_double_payout (M1)`. M is money, C
compliance, U what users see, R resilience, E evidence. Each is one falsifiable claim about the
recorded history; evidence that is missing makes it *unknown*, never valid.

Made from the code by `python -m tests.unit.test_invariants_page`.
"""


def claims(ids: str, checkers: list[Checker]) -> list[str]:
    """The invariants that stand for one id."""
    standing = [one for one in checkers if ids in one.ids]
    return [f"- `{one.name}`: {one.claim}" for one in standing] or ["- no invariant yet"]


def page() -> str:
    """The page as it should be."""
    checkers = list(load_vocabulary().invariants.values())
    blocks = [
        "\n".join([f"## {id_}", "", demand, "", *claims(id_, checkers)])
        for id_, demand in CATALOGUE.items()
    ]
    return "\n\n".join([HEAD.rstrip(), *blocks]) + "\n"


def test_the_page_says_what_each_id_demands_and_who_checks_it() -> None:
    """Made again by `python -m tests.unit.test_invariants_page`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_no_invariant_speaks_of_an_id_that_cannot_be_looked_up() -> None:
    """An id in a report leads to its demand."""
    for one in load_vocabulary().invariants.values():
        assert set(one.ids) <= set(CATALOGUE), one.name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

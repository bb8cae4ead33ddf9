"""The page about coverage is made from the data, and the data speaks of what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.authoring.coverage import DESIGNS, ITEMS, VERDICTS, items, rows
from harness.cli.coverage import where
from harness.document import load_experiments
from harness.errors import ConfigError
from harness.registry import load_vocabulary

PAGE = Path(__file__).parents[2] / "docs/coverage.md"
HEAD = """# Coverage

What the project was asked for, item by item (S symptoms, C causes, I impacts, M measures), and
where each can be seen: `naive` fails that experiment by that invariant and `hardened` passes it,
on `sim` with seed 1. The items stand in `chaos/coverage/items.yaml`; `harness list --coverage`
prints them.

Made by `python -m tests.unit.test_coverage_page`; verdicts by `python -m tests.sim.test_coverage`.
"""
EXPECTED = [
    f"{letter}{number}"
    for letter, last in (("S", 6), ("C", 5), ("I", 4), ("M", 11))
    for number in range(1, last + 1)
]


def page() -> str:
    """The page as it should be."""
    head = ["item", "says", "seen in", "invariant", *DESIGNS]
    lines = [[one.item.id, one.item.says, *where(one)] for one in rows()]
    table = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *lines)]
    return "\n".join([HEAD, *table]) + "\n"


def test_the_page_says_what_the_data_does() -> None:
    """Made again by `python -m tests.unit.test_coverage_page`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_item_is_there_and_names_what_there_is() -> None:
    """An experiment of that id, which lists the invariant."""
    words = load_vocabulary()
    known = {id_: one for one in load_experiments(words).values() for id_ in one.tags}
    assert [one.id for one in items()] == EXPECTED
    for one in items():
        if one.experiment:
            assert one.invariant in known[one.experiment].invariants, one.id


def test_what_is_seen_is_seen_for_that_reason() -> None:
    """No row with an experiment shows anything but what it is there for."""
    seen = {one.item.id: dict(one.seen) for one in rows() if one.item.experiment}
    assert seen == {key: {"naive": "fail", "hardened": "pass"} for key in seen}


def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path) -> None:
    """All at once; and a verdict by another invariant is none."""
    (tmp_path / ITEMS).write_text(
        "items:\n- {id: A, says: x}\n- {id: B, says: x, experiment: X01}\n- {id: C, colour: red}\n"
    )
    with pytest.raises(ConfigError) as caught:
        items(tmp_path)
    text = str(caught.value)
    assert "A has nothing" in text
    assert "B: an experiment and an invariant belong together" in text
    assert "items.2" in text
    (tmp_path / ITEMS).write_text("items:\n- {id: A, says: x, experiment: X01, invariant: some}\n")
    assert rows(tmp_path)[0].seen["naive"] == "unknown"
    (tmp_path / VERDICTS).write_text("X01: {naive: {verdict: fail, broken: [other]}}\n")
    assert rows(tmp_path)[0].seen["naive"] == "fail, not by some"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

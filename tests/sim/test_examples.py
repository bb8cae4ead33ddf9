"""Every experiment that the documentation shows is run: what a reader copies gives a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from harness.document import load_experiment
from harness.model import RunResult, RunVerdict
from harness.prepare import RunRequest, prepare
from harness.registry import load_vocabulary
from harness.rng import Seed
from harness.session import run

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[object]:
    """Blocks of YAML that are experiments; another one has to be YAML at least."""
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            if "steady-state-hypothesis" in (YAML(typ="safe").load(block) or ()):
                yield pytest.param(block, id=f"{page.name}-{number}")


def carry_out(block: str, design: str, folder: Path, seed: int) -> RunResult:
    """One run on `sim`."""
    path = folder / "example.yaml"
    path.write_text(block, encoding="utf-8")
    order = RunRequest(str(path), design, "sim", Seed(seed), folder / "runs")
    return run(prepare(order), lambda text: None)


@pytest.mark.parametrize("block", list(examples()))
def test_an_example_passes_and_is_warned_of_nothing(block: str, tmp_path: Path) -> None:
    """On three seeds: an example that ends inconclusive teaches nothing."""
    for seed in (1, 2, 3):
        result = carry_out(block, "hardened", tmp_path, seed)
        assert result.verdict is RunVerdict.PASS, (seed, result.reasons)
    assert load_experiment(tmp_path / "example.yaml", load_vocabulary()).warnings == ()


def test_the_first_example_finds_a_loan_paid_twice_in_a_naive_design(tmp_path: Path) -> None:
    """What the front page promises."""
    block = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))[0]
    result = carry_out(block, "naive", tmp_path, 1)
    assert result.verdict is RunVerdict.FAIL
    assert "no_double_payout" in result.reasons[0]

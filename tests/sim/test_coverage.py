"""The verdicts that the page about coverage shows are those that runs give.

Recorded again by `python -m tests.sim.test_coverage`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.authoring.coverage import DESIGNS, FOLDER, VERDICTS, items
from harness.model import Validity
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run

FILE = Path(__file__).parents[2] / "chaos" / FOLDER / VERDICTS
EXPERIMENTS = tuple(sorted({one.experiment for one in items() if one.experiment}))


def seen(experiment: str, runs: Path) -> dict[str, Any]:
    """How it ends on each design, on `sim` with seed 1."""
    return dict(_seen(experiment, runs))


def _seen(experiment: str, runs: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for design in DESIGNS:
        request = RunRequest(experiment, design, "sim", Seed(1), runs)
        result = run(prepare(request), lambda text: None)
        broken = [one.checker for one in result.verdicts if one.validity is Validity.INVALID]
        yield design, {"verdict": result.verdict.value, "broken": broken}


@pytest.mark.nightly
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_recorded_verdict_is_what_a_run_gives(experiment: str, tmp_path: Path) -> None:
    """Also which invariants are broken, and in which order."""
    recorded = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
    assert seen(experiment, tmp_path) == recorded[experiment]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = {one: seen(one, Path(folder)) for one in EXPERIMENTS}
    writer = YAML()
    writer.width = 100
    with FILE.open("w", encoding="utf-8") as out:
        writer.dump(found, out)

"""`harness run --repeat`: how verdicts spread, and the exit code of the worst."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app

pytestmark = pytest.mark.sim


def test_repetitions_are_counted_and_the_worst_decides(tmp_path: Path) -> None:
    """On sim with the seeds that follow; each finding with how many runs had it."""
    asked = ["run", "X01", "--design", "naive", "--runtime", "sim", "--seed", "1"]
    asked += ["--repeat", "2", "--runs", str(tmp_path), "--output", "json"]
    done = CliRunner().invoke(app, asked)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["exit_code"], told["verdict"]) == (1, 1, "fail")
    assert (told["verdicts"], told["stable"]) == ({"fail": 2}, True)
    assert [run["seed"] for run in told["runs"]] == [1, 2]
    found = {one["finding"]: one["runs"] for one in told["findings"]}
    assert found["invariant no_double_payout"] == 2
    assert told["repeat"].endswith("--repeat 2")


def test_repetitions_are_of_plain_runs(tmp_path: Path) -> None:
    """A page that is served, or a second history to compare, is of one run."""
    asked = ["run", "X01", "--runtime", "sim", "--repeat", "2", "--check-determinism"]
    assert CliRunner().invoke(app, [*asked, "--runs", str(tmp_path)]).exit_code == 2
    assert not any(tmp_path.iterdir())

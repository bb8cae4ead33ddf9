"""What every verb takes, and what the command says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.undo.leases import ActiveRun, Holder

DOCUMENT = """\
title: The gateway is killed
load: {arrivals: 20/s, journeys: {consumer: 1}}
steady-state-hypothesis:
  title: served
  probes: [{name: acks, measure: ok_ratio, of: submit, tolerance: ">= 0.99"}]
method:
  - {at: 5s, for: 4s, fault: kill, service: payment_a}
recovery: 5s
invariants: [no_double_payout]
blast-radius: {services: [payment_a]}
"""


def test_the_version_is_that_of_the_package() -> None:
    """A report of a defect begins with it."""
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"harness {version('chaos-harness')}\n")


@pytest.mark.parametrize("verb", [[], ["run"], ["faults"], ["faults", "clear"], ["self-test"]])
def test_h_is_help_everywhere(verb: list[str]) -> None:
    """Nobody should have to know which verbs know it."""
    short = CliRunner().invoke(app, [*verb, "-h"])
    assert short.exit_code == 0
    assert short.output == CliRunner().invoke(app, [*verb, "--help"]).output


def test_the_package_is_a_command_and_takes_nothing_from_the_working_folder(tmp_path: Path) -> None:
    """`python -m harness`, where no script is on the path."""
    (tmp_path / "chaos.py").write_text("raise SystemExit('not ours')")
    (tmp_path / "random.py").write_text("raise SystemExit('not ours')")
    command = [sys.executable, "-m", "harness", "validate", "X01"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "valid: X01" in done.stdout) == (0, True), done.stderr


def test_runs_that_have_not_ended_are_told_to_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one JSON document on stdout."""
    monkeypatch.setattr("harness.cli.faults.active_runs", lambda folder: [])
    run = ActiveRun("r-1", tmp_path, Holder("gone", 7, 0))
    monkeypatch.setattr("harness.cli.faults.all_runs", lambda folder, say: [run])
    nothing = SimpleNamespace(faults=[], processes=[], problems=[])
    monkeypatch.setattr("harness.cli.faults.state_of", lambda run: nothing)
    done = CliRunner().invoke(app, ["faults", "list", "--output", "json"])
    (found,) = json.loads(done.stdout)["runs"]
    assert (done.exit_code, found["run_id"], found["owner"]["state"]) == (1, "r-1", "gone")
    assert (found["faults"], found["processes"]) == ([], [])


def test_a_former_name_of_a_fault_is_taken_with_a_warning(tmp_path: Path) -> None:
    """Documents of yesterday run today; their owner learns the name of tomorrow."""
    document = tmp_path / "killed.yaml"
    document.write_text(DOCUMENT)
    result = CliRunner().invoke(app, ["validate", str(document)])
    assert result.exit_code == 0
    assert f"{document}:7:30: fault 'kill' is a deprecated name of 'crash'" in result.stderr
    assert "crash at payment_a" in result.stdout

"""`harness validate` checks whatever it is given: an experiment, a design or a target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.endings import known
from harness.cli.main import app
from harness.document import for_any_folder, target_of
from harness.registry import load_vocabulary
from harness.yaml_source import dump_yaml, load_yaml, plain

ROOT = Path(__file__).parents[2]
MINE = ROOT / "docs/examples/mylender"


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("X01", "experiment", "timeout at lending->payment_a"),
        (str(MINE / "reply_lost.yaml"), "experiment", "timeout at mylender->gateway"),
        ("hardened", "design", "a design of reference"),
        (str(ROOT / "chaos/designs/naive.yaml"), "design", "a design of reference"),
        (str(MINE / "target.yaml"), "target", "operations create_loan, read_loan"),
        (str(ROOT / "chaos/risks.yaml"), "risks", " risks"),
        (str(ROOT / "chaos/runbooks/primary_lost.yaml"), "runbook", "a runbook of 4 steps"),
        (str(ROOT / "chaos/incident_rules.yaml"), "rules", "house (recorded)"),
        (str(ROOT / "tests/sim/till/target.py"), "target", "2 programs, 2 links"),
    ],
)
def test_what_a_document_is_its_keys_say(given: str, kind: str, said: str) -> None:
    """Nobody has to name the kind; a script learns it."""
    done = CliRunner().invoke(app, ["validate", given, "--output", "json"])
    document = json.loads(done.stdout)
    assert (done.exit_code, document["kind"], document["valid"]) == (0, kind, True)
    assert said in document["about"]


def test_a_design_is_checked_by_its_target() -> None:
    """That of another service with `--target`."""
    words = ["validate", str(MINE / "mended.yaml"), "--target", str(MINE / "target.yaml")]
    assert "a design of mylender" in CliRunner().invoke(app, words).stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nsubmit: perhaps\n", "submit: got 'perhaps'"),
        ("target: x\nprograms: 3\noperations: {}\n", "programs"),
        ("title: only a title\n", "load is missing"),
        ("title: ours\nrisks: []\n", "risks: List should have at least 1 item"),
        ("title: ours\nrules: [{id: a}]\n", "rules.0.source is missing"),
    ],
)
def test_problems_are_those_of_its_kind(tmp_path: Path, text: str, said: str) -> None:
    """With the place; exit 2."""
    file = tmp_path / "document.yaml"
    file.write_text(text)
    failed = CliRunner().invoke(app, ["validate", str(file)]).exception
    code, problems = known(failed or AssertionError())
    assert code == 2
    assert any(
        said in problem.cause and problem.where.startswith(str(file)) for problem in problems
    )


def test_a_document_that_is_written_elsewhere_still_finds_its_target(tmp_path: Path) -> None:
    """A smaller one, or one with another value, beside no target: it can be run as it is."""
    written = plain(load_yaml(MINE / "reply_lost.yaml"))
    words = load_vocabulary(target_of(MINE / "reply_lost.yaml"))
    copy = tmp_path / "copy.yaml"
    copy.write_text(dump_yaml(for_any_folder(written, words.source.ref)))
    assert Path(target_of(copy)) == MINE / "target.yaml"
    assert "target" not in for_any_folder({"title": "of the reference"}, words.source.ref)

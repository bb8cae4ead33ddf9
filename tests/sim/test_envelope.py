"""`harness envelope` as a designer meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.envelope import search
from harness.registry import load_vocabulary

pytestmark = pytest.mark.sim


def test_it_says_what_breaks_first_and_leaves_documents_that_can_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A naive design breaks however short the fault is."""
    monkeypatch.setattr(search, "GRID", 2)
    asked = ["envelope", "X01", "--design", "naive", "--vary", "for=2s..3s", "--rate", "12/s",
             "--var", "baseline=4s", "--var", "recovery=8s", "--var", "objective=4s"]  # fmt: skip
    done = CliRunner().invoke(app, [*asked, "--output", "json", "--runs", str(tmp_path)])
    summary = json.loads(done.stdout)
    assert done.exit_code == summary["exit_code"] == 1
    (knob,) = summary["knobs"]
    assert [(zone["state"], zone["shown"]) for zone in knob["zones"]] == [("broken", "2s .. 3s")]
    name = knob["zones"][0]["first"].partition(":")[0]
    assert name in load_vocabulary().invariants
    assert knob["zones"][0]["t_s"] < 10
    again = Path(knob["points"][0]["repeat"].split()[2])
    assert CliRunner().invoke(app, ["validate", str(again)]).exit_code == 0
    assert "broken over the whole range" in Path(summary["folder"], "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("envelope X01 --vary for=1s..2s --vary for=1s..3s", "for is given twice"),
        ("envelope X01 --vary load=8x..1x --precision 2", "8x is not below 1x"),
        ("envelope X01 --vary load=8x..1x --precision 2", "--precision: 2; allowed: 0.001 .. 0.5"),
        ("envelope X01 --vary for=1s..2h --html /no/x", "there is no folder /no"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_starts(words: str, said: str) -> None:
    """Every problem at once."""
    assert said in str(CliRunner().invoke(app, words.split()).exception)

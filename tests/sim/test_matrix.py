"""`harness matrix` as a designer meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.matrix import conditions
from harness.matrix.conditions import Dependency

pytestmark = pytest.mark.sim


@pytest.mark.parametrize(("design", "code"), [("hardened", 0), ("naive", 1)])
def test_declared_modes_stand_beside_those_that_were_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, design: str, code: int
) -> None:
    """Without its risk engine a hardened service stands in, as declared; a naive one fails."""
    risk = Dependency("risk_engine", "all", ("risk",))
    monkeypatch.setattr(conditions, "dependencies", lambda words: [risk])
    asked = ["matrix", "--design", design, "--condition", "down", "--output", "json"]
    done = CliRunner().invoke(app, [*asked, "--runs", str(tmp_path)])
    summary = json.loads(done.stdout)
    assert done.exit_code == summary["exit_code"] == code
    cells = {cell["operation"]: cell for cell in summary["rows"][0]["cells"]}
    assert (cells["submit"]["declared"], cells["repay"]["declared"]) == ("STANDIN or QUEUE", "FULL")
    if design == "hardened":
        assert {"STANDIN", "QUEUE"} <= cells["submit"]["observed"].keys()
        assert cells["read_limit"]["mode"] == "STALE"
        assert cells["repay"]["mode"] == "FULL"
    page = Path(summary["folder"], "report.html").read_text("utf-8")
    assert "risk_engine down" in page
    assert ("! FAILED" in page) == bool(code)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("matrix --condition slwo", "did you mean 'slow'?; allowed: down, slow, flapping, wrong"),
        ("matrix --design hardend", "did you mean 'hardened'?"),
        ("matrix --target docs/examples/nodelender/target.yaml", "declares no degradation"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_starts(words: str, said: str) -> None:
    """Place, allowed, remedy."""
    assert said in str(CliRunner().invoke(app, words.split()).exception)

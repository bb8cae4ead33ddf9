"""`harness compare` as a designer meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app

pytestmark = pytest.mark.sim

SHORT = ["--experiments", "X01", "--seeds", "1", "--rate", "12/s", "--var", "baseline=4s",
         "--var", "fault=5s", "--var", "recovery=8s", "--var", "objective=4s"]  # fmt: skip


def test_a_design_that_pays_twice_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    """Exit code, JSON, a page without links into nowhere; both had the same load."""
    page = tmp_path / "c.html"
    words = ["compare", "naive", "hardened", *SHORT, "--runs", str(tmp_path / "runs"),
             "--html", str(page), "--output", "json"]  # fmt: skip
    done = CliRunner().invoke(app, words)
    summary = json.loads(done.stdout)
    assert (done.exit_code, summary["exit_code"]) == (1, 1)
    naive, hardened = summary["results"]
    assert naive["invariants"][0]["finding"] == "no_double_payout"
    assert (hardened["invariants"], hardened["verdicts"]) == ([], {"pass": 1})
    assert summary["numbers"] == []
    text = page.read_text("utf-8")
    assert "no_double_payout" in text
    assert f'href="{Path(naive["invariants"][0]["run_dir"]).relative_to(tmp_path)}' in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("compare hardened", "DESIGNS: 1 designs; allowed: 2 .. 8; try: harness compare"),
        ("compare naive naive", "'naive' twice; allowed: each design once"),
        ("compare hardend naive --html /no/x", "did you mean 'hardened'?"),
        ("compare hardend naive --html /no/x", "there is no folder /no"),
        ("compare hardened naive --experiments X99", "no experiment 'X99'"),
        ("compare hardened naive --time-limit x", "--time-limit: 'x' is no duration"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_starts(words: str, said: str) -> None:
    """Place, allowed, remedy."""
    assert said in str(CliRunner().invoke(app, words.split()).exception)

"""`harness init`: first files that are valid as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.endings import known
from harness.cli.main import app

MINE = Path(__file__).parents[2] / "docs/examples/mylender"


@pytest.mark.parametrize(
    ("fault", "more", "with_"),
    [
        ("latency", (), "hardened"),
        ("crash", ("--target", str(MINE / "target.yaml")), str(MINE / "mended.yaml")),
    ],
)
def test_a_first_experiment_is_valid_and_says_what_its_parts_are(
    tmp_path: Path, fault: str, more: tuple[str, ...], with_: str
) -> None:
    """Of any target; it names the target that it is about."""
    out = tmp_path / "first.yaml"
    CliRunner().invoke(app, ["init", "experiment", "--fault", fault, "--out", str(out), *more])
    text = out.read_text(encoding="utf-8")
    assert f"fault: {fault}" in text
    assert text.count("\n# ") > 5
    done = CliRunner().invoke(app, ["validate", str(out), "--design", with_])
    assert (done.exit_code, "valid: first" in done.stdout) == (0, True), done.exception


def test_a_first_design_is_a_copy_that_is_never_written_over_another(tmp_path: Path) -> None:
    """With the comments of the one that it begins as."""
    out = tmp_path / "mine.yaml"
    asked = ["init", "design", "--like", "naive", "--out", str(out)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert "a design of reference" in CliRunner().invoke(app, ["validate", str(out)]).stdout
    code, (problem,) = known(CliRunner().invoke(app, asked).exception or AssertionError())
    assert (code, problem.cause) == (2, "is there, and is not written over")

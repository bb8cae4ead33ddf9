"""The pytest plugin, in a pytest of its own: documents as items, fixtures, and nobody disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.sim


def pytest_run(folder: Path, *words: str) -> tuple[int, str]:
    """Exit code and output of another pytest, without the options of this project."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
               "-c", "/dev/null", "--rootdir", str(folder)]  # fmt: skip
    env = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    done = subprocess.run(
        [*command, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=600
    )
    return done.returncode, done.stdout + done.stderr


def test_the_examples_pass_and_a_failure_reads_like_a_verdict(tmp_path: Path) -> None:
    """Two tests of the documentation and one document as an item, on the naive design."""
    document = tmp_path / "x01_mine.yaml"
    shipped = ROOT / "chaos/experiments/x01_payment_reply_lost.yaml"
    document.write_text(shipped.read_text("utf-8"), "utf-8")
    examples = ROOT / "docs/examples/pytest/test_lending.py"
    asked = ["x01_mine.yaml", str(examples), "--chaos-runtime=sim", "--chaos-design=naive"]
    code, out = pytest_run(tmp_path, *asked)
    assert code == 1
    for part in (
        "1 failed, 2 passed",
        "FAIL  X01 Payment accepted, reply lost, design naive, runtime sim",
        "report  runs/x01_mine/",
    ):
        assert part in out, out


def test_an_ordinary_test_run_is_not_disturbed(tmp_path: Path) -> None:
    """Beside tests of Python a document is no item, and the engine is not imported."""
    (tmp_path / "doc.yaml").write_text("method: []\n", "utf-8")
    lines = ["import sys", "def test_one():", "    assert 'harness.runner' not in sys.modules"]
    (tmp_path / "test_one.py").write_text("\n".join(lines), "utf-8")
    for words in ((), (".",)):
        code, out = pytest_run(tmp_path, *words)
        assert (code, "1 passed" in out) == (0, True), out

"""Experiments as tests of one's own, in a folder that has a package with the name of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEST = """\
import chaos

SHORT = {"baseline": "4s", "fault": "5s", "recovery": "8s", "objective": "4s"}


def test_it(chaos_run):
    result = chaos_run("X01", runtime="sim", rate="12/s", vars=SHORT)
    assert result.verdict == "pass", result.reasons
    import chaos.mine
    assert chaos.WHO == chaos.mine.WHO == "lender"
"""


def test_a_run_uses_our_words_and_the_tests_keep_theirs(tmp_path: Path) -> None:
    """`python -m pytest` puts their folder first: neither takes the place of the other."""
    package = tmp_path / "chaos"
    package.mkdir()
    for name in ("__init__", "mine"):
        (package / f"{name}.py").write_text('WHO = "lender"\n')
    (tmp_path / "test_mine.py").write_text(TEST)
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    done = subprocess.run(
        argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=170
    )
    assert done.returncode == 0, done.stdout + done.stderr

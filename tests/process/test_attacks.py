"""Files, locks, disk and ports are taken away from a run. Long form: bench/attacks.py."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.attacks import KINDS, NOBODY, attack
from bench.kills import HARNESS

AS_ROOT = os.geteuid() == 0
NEEDS_ROOT = {"disk": "a small disk of its own is mounted", "lock": "another user tries the files"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_nothing_foreign_touched_no_secret_sent(kind: str, tmp_path: Path) -> None:
    """Within 10 s, whatever was taken away; and nobody ends in a traceback."""
    if kind in NEEDS_ROOT and not AS_ROOT:
        pytest.skip(f"only root: {NEEDS_ROOT[kind]}")
    outcome = attack(kind, seed=11, root=tmp_path)
    assert outcome.left == []
    assert outcome.touched == []
    assert (outcome.secrets_sent, outcome.exit_1, outcome.tracebacks) == (0, 0, 0)


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a folder to another user")
def test_a_cache_of_another_user_is_refused_with_his_name(tmp_path: Path) -> None:
    """Neither is his server run, nor is anything left in his folder."""
    cache = tmp_path / "cache"
    cache.mkdir()
    os.chown(cache, NOBODY, NOBODY)
    env = {**os.environ, "HARNESS_CACHE": str(cache)}
    command = [HARNESS, "run", "X01", "--runtime", "process", "--runs", str(tmp_path / "runs")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert "belongs to user nobody" in done.stderr
    assert list(cache.iterdir()) == []

"""Files, locks, disk and ports are taken away from a run. Long form: bench/attacks.py."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.attacks import TAKEN, attack
from bench.kills import HARNESS
from bench.strangers import NOBODY
from bench.systems import SYSTEMS
from bench.victims import Outcome

AT_ONCE = 3  # chosen: a small run waits most of its time
AS_ROOT = os.geteuid() == 0
LONG = ("disk_of_cache", "disk_of_tmp")  # kinds of which the long form alone is run
KINDS = (
    *(kind for kind in TAKEN if kind not in LONG),
    "closed",
    "terminated_twice",
    "watchdog_stopped",
    "flooded",
)  # kills are in test_undo.py
NEEDS_ROOT = {
    "disk": "a small disk of its own is mounted",
    "lock": "another user tries the files",
    "flooded": "another user connects",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Outcome]]]:
    """Every kind on the small system, each in a cache of its own, so that some go on at once."""
    root = tmp_path_factory.mktemp("attacks")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            kind: pool.submit(attack, kind, 11, root / kind, SYSTEMS["small"])
            for kind in KINDS
            if AS_ROOT or kind not in NEEDS_ROOT
        }


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_nothing_foreign_touched_no_secret_sent(
    kind: str, outcomes: dict[str, Future[Outcome]]
) -> None:
    """Within 10 s, whatever was taken away; and nobody ends in a traceback."""
    if kind not in outcomes:
        pytest.skip(f"only root: {NEEDS_ROOT[kind]}")
    outcome = outcomes[kind].result()
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

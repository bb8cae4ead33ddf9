"""A run on `sim` can be repeated from its folder, event by event."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.determinism import digest
from harness.errors import ConfigError, DeterminismError
from harness.history_reader import read_history
from harness.prepare import RunRequest, prepare
from harness.replay import refuse_inexact, replay
from harness.rng import Seed
from harness.session import run

PROCESSES = 6  # bench/determinism.py takes 24
ONE_RUN = """
import gc, sys
from pathlib import Path
from harness.determinism import digest
from harness.history_reader import read_history
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
heap = [[n] for n in range(int(sys.argv[2]))]  # another heap, other addresses
prepared = prepare(RunRequest("X01", "naive", "sim", Seed(11), Path(sys.argv[1])))
result = run(prepared, lambda text: None)
print(digest(read_history(Path(result.run_dir) / "history.jsonl")))
"""


def silent(text: str) -> None:
    """Say nothing."""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """The folder of a run."""
    prepared = prepare(RunRequest("X20", "naive", "sim", Seed(3), tmp_path))
    return Path(run(prepared, silent).run_dir)


def test_a_run_is_repeated_from_its_folder(recorded: Path) -> None:
    """The same digest, although the new run has another id and another moment."""
    assert replay(recorded, silent) == digest(read_history(recorded / "history.jsonl"))


def test_the_first_event_that_differs_is_shown(recorded: Path) -> None:
    """Both lines, one above the other."""
    history = recorded / "history.jsonl"
    changed = history.read_text().replace('"status":"active"', '"status":"asleep"', 1)
    history.write_text("".join(changed.splitlines(keepends=True)[:-1]))  # without its sum
    with pytest.raises(DeterminismError, match=r"(?s)first .*asleep.*\n  second .*active"):
        replay(recorded, silent)


def test_a_runtime_of_the_real_world_is_not_repeated() -> None:
    """It says why, and how to run it again."""
    with pytest.raises(ConfigError, match="no two runs are the same"):
        refuse_inexact("process", "harness run X01")


def test_one_seed_gives_one_history_in_fresh_processes(tmp_path: Path) -> None:
    """Whatever the hash seed and the heap."""
    root = Path(__file__).parents[2]
    digests = set()
    for number in range(PROCESSES):
        env = {**os.environ, "PYTHONHASHSEED": str(number * 7919 + 1), "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", ONE_RUN, str(tmp_path / str(number)), str(number * 5000)],
            cwd=root, env=env, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        digests.add(done.stdout.strip())
    assert len(digests) == 1

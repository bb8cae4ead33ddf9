"""A fault is always undone, in containers as well. Long form: bench/docker_undo.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kills import KINDS, Kind, kill_one
from harness.runtimes.docker.images import Images
from tests.docker.a_run import objects_of

KILLS = [kind for kind in KINDS if kind.name.startswith("SIGKILL harness")]


@pytest.mark.parametrize("kind", KILLS, ids=lambda kind: kind.name)
def test_nothing_is_left_of_a_run_whose_harness_is_killed(
    kind: Kind, tmp_path: Path, images: Images
) -> None:
    """Killed while faults are active: healed, every container, volume and network removed."""
    outcome = kill_one(kind, 7, tmp_path, runtime="docker")
    assert outcome.faults_active
    assert outcome.healed_s is not None
    assert outcome.left == []
    assert outcome.checked
    assert objects_of(Path(outcome.run_dir)) == []

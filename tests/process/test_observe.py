"""Prometheus's own tool reads our scrape file and alert rules, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

OBSERVE = Path(__file__).parents[2] / "compose/observe/prometheus"


@pytest.mark.parametrize(("kind", "name"), [("config", "prometheus.yaml"), ("rules", "rules.yaml")])
def test_prometheus_takes_the_file(kind: str, name: str) -> None:
    """A rule that does not parse would keep Prometheus from starting."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    done = subprocess.run(
        [promtool, "check", kind, OBSERVE / name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

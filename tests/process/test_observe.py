"""Prometheus's own tool reads our scrape file and alert rules, where it is installed."""

from __future__ import annotations

import json
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


def test_prometheus_takes_every_question_of_the_dashboard(tmp_path: Path) -> None:
    """One that does not parse would leave an empty panel with an error in its corner."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    dashboard = json.loads((OBSERVE.parent / "grafana/dashboards/lending.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [one["expr"] for one in dashboard["annotations"]["list"] if "expr" in one]
    rules = [{"record": f"asked:{number}", "expr": expr} for number, expr in enumerate(asked)]
    file = tmp_path / "rules.yaml"  # JSON is YAML, too
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, check=False
    )
    assert len(asked) > 5
    assert done.returncode == 0, done.stdout + done.stderr

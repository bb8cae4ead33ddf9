"""Without an extra, what needs it says which one; nothing else is kept from working."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import ConfigError, RuntimeFailure
from harness.runtime_kind import RunContext
from harness.runtime_registry import best_runtime, load_runtime
from harness.undo.recovery import found_runs

CONTEXT = RunContext("x-1", Path("/nonexistent"), 1, "token")


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """As where they are not installed."""
    for name in packages:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(
    ("package", "runtime", "extra"),
    [("locust", "process", "load"), ("locust", "docker", "load"), ("docker", "docker", "docker")],
)
def test_a_run_that_needs_what_is_not_installed_says_what_installs_it(
    package: str, runtime: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started, and where a runtime is chosen."""
    without(monkeypatch, package)
    kind = load_runtime(runtime)
    with pytest.raises(RuntimeFailure, match=rf"{package} \(pip install 'chaos-harness\[{extra}\]"):
        kind.make(CONTEXT)
    with pytest.raises(ConfigError, match=rf"chaos-harness\[{extra}\]"):
        best_runtime((), [runtime])


def test_virtual_time_needs_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody looks in an engine for what was never started there."""
    without(monkeypatch, "locust", "docker")
    said: list[str] = []
    found_runs(said.append)
    assert (load_runtime("sim").missing(), said) == ([], [])

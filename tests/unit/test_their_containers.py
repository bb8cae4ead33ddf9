"""Containers that stand already: broken only where the target allows it, and brought back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from harness.errors import RuntimeFailure
from harness.runtimes.real.their_containers import give_back, stand

pytestmark = pytest.mark.unit

DOCKER = """\
#!/bin/sh
shift
echo "$@" >> "$STATE/said"
case "$1 $2" in
  *AutoRemove*) cat "$STATE/removed" ;;
  inspect*) cat "$STATE/state" 2>/dev/null || { echo "no such container: $3" >&2; exit 1; } ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that says what files say, and writes down what it was told."""
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("STATE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "removed").write_text("false")
    return tmp_path


@pytest.mark.parametrize(
    ("status", "removed", "why"),
    [
        ("exited", "false", "c1 is exited; start it first"),
        ("running", "true", r"c1 is removed once it ends \(--rm\)"),
        ("", "false", "no such container: c1"),
    ],
)
def test_what_could_not_be_brought_back_is_refused(
    engine: Path, status: str, removed: str, why: str
) -> None:
    """Before anything is started; with the program and its container."""
    (engine / "removed").write_text(removed)
    if status:
        (engine / "state").write_text(json.dumps({"Status": status}))
    with pytest.raises(RuntimeFailure, match=why):
        asyncio.run(stand({"lender": "c1"}))


@pytest.mark.parametrize(
    ("status", "told"), [("paused", "unpause c1"), ("exited", "start c1"), ("running", "")]
)
def test_at_the_end_of_a_run_it_runs_again(engine: Path, status: str, told: str) -> None:
    """Whatever a fault has left; one that runs is not touched."""
    (engine / "state").write_text(json.dumps({"Status": status}))
    services = {"lender": {"container": "c1"}, "front": {"container": ""}}
    assert asyncio.run(give_back({"services": services})) == []
    said = (engine / "said").read_text().splitlines()
    assert [one for one in said if not one.startswith("inspect")] == [told][: bool(told)]


def test_one_that_is_gone_is_said(engine: Path) -> None:
    """What could not be brought back is left, by its name."""
    (left,) = asyncio.run(give_back({"services": {"lender": {"container": "c1"}}}))
    assert left.startswith("lender: ")
    assert "no such container: c1" in left

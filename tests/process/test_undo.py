"""A fault is always undone, whatever dies or stands still. Long form: bench/undo.py."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.kills import FIRST, HARNESS, KINDS, SECOND, TEMPLATE, Kind, kill_one
from harness.history_reader import read_history
from harness.store import FAULTS, HISTORY, RUN
from harness.toolchain import Part, find_toxiproxy
from harness.undo.faultlog import FaultLog
from harness.undo.leases import ActiveRun, Holder, enlist
from harness.undo.recovery import RECOVERY, state_of

ABORT_S_MAX = 2.0  # what docs/safety.md promises
SHORT = ("SIGKILL harness and watchdog", "SIGKILL toxiproxy")
"""Where all that heals is gone, and where the faults' own server is; the others are nightly."""


def until(ready: Callable[[], bool], within_s: float = 90.0) -> bool:
    """Whether it became true in time."""
    end_s = time.monotonic() + within_s
    while not ready() and time.monotonic() < end_s:
        time.sleep(0.02)
    return ready()


def start(
    tmp_path: Path,
    env: dict[str, str] | None = None,
    *,
    first: str = FIRST[0],
    extra: str = "",
    design: str = "hardened",
    for_s: int = 4,
) -> subprocess.Popen[str]:
    """A short run of the reference service with two faults."""
    document = tmp_path / "short.yaml"
    text = TEMPLATE.format(first=first, second=SECOND[2])
    text = text.replace("for: 4s", f"for: {for_s}s").replace("for: 3s", f"for: {for_s - 1}s")
    document.write_text(text.replace("services: [payment_a", extra + "services: [payment_a"))
    command = [HARNESS, "run", str(document), "--seed", "5", "--runs", str(tmp_path / "runs")]
    return subprocess.Popen(
        [*command, "--runtime", "process", "--design", design],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )


def folder(tmp_path: Path) -> Path:
    """The run's folder, once it has faults on record."""
    runs = tmp_path / "runs" / "short"
    assert until(lambda: any(any(FaultLog(one / FAULTS).entries()) for one in runs.glob("20*")))
    return next(one for one in runs.glob("20*"))


def injected(run_dir: Path) -> int:
    """How many faults bite now."""
    return sum(one.state == "injected" for one in FaultLog(run_dir / FAULTS).active())


def kinds() -> list[Any]:
    """Every kind of kill, the long way round only by night."""
    long = pytest.mark.nightly
    return [
        pytest.param(kind, id=kind.name, marks=[] if kind.name in SHORT else [long])
        for kind in KINDS
    ]


def processes(run_dir: Path) -> list[str]:
    """What lives of a run."""
    run_id = json.loads((run_dir / RUN).read_text())["run_id"]
    return state_of(ActiveRun(run_id, run_dir, Holder("gone", 0, 0))).processes


@pytest.mark.parametrize("kind", kinds())
def test_nothing_is_left_and_the_history_can_be_checked(kind: Kind, tmp_path: Path) -> None:
    """Kill or stop it while faults are active; look at faults, processes, ports, the report."""
    outcome = kill_one(kind, seed=7, root=tmp_path)
    assert outcome.left == []
    assert outcome.checked


def test_ctrl_c_undoes_everything_and_says_so(tmp_path: Path) -> None:
    """Once: the load stops, faults are undone, the result is printed, exit 130."""
    run = start(tmp_path, for_s=60)
    run_dir = folder(tmp_path)
    assert until(lambda: injected(run_dir) == 2)
    elsewhere = subprocess.run(
        [HARNESS, "faults", "list"], capture_output=True, text=True, check=False
    )
    assert elsewhere.returncode == 1
    assert "timeout at lending->payment_a: injected" in elsewhere.stdout
    assert "is alive" in elsewhere.stdout
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=30)
    assert run.returncode == 130, out
    assert "every fault was undone" in out
    assert FaultLog(run_dir / FAULTS).active() == []
    assert processes(run_dir) == []


def test_a_tripped_limit_stops_the_load_undoes_and_says_so_within_two_seconds(
    tmp_path: Path,
) -> None:
    """`abort-when` counts what borrowers suffer; a weakness seen before stays a finding."""
    limit = 'abort-when: "failed_applications > 3", '
    run = start(tmp_path, first=FIRST[3], extra=limit, design="naive")
    out, _ = run.communicate(timeout=60)
    assert run.returncode in (1, 3), out
    said = r"failed_applications = \d+ within 60 s: the load has ended; every fault undone"
    assert re.search(said, out)
    assert "stopped early: abort-when failed_applications > 3" in out
    run_dir = folder(tmp_path)
    assert FaultLog(run_dir / FAULTS).active() == []
    events = read_history(run_dir / HISTORY).events
    t_s = {event.f: event.t_s for event in events if event.src == "clock"}
    assert t_s["safe"] - t_s["stopped"] <= ABORT_S_MAX
    borrowers = [one for one in events if one.src == "client" and "checker" not in one.p]
    assert max(event.t_s for event in borrowers) <= t_s["safe"]


def test_an_undo_that_is_impossible_ends_in_exit_5_and_names_the_fault(tmp_path: Path) -> None:
    """The server dies and cannot be started again: never a silent pass."""
    part = find_toxiproxy()
    assert isinstance(part, Part)
    server = tmp_path / "toxiproxy-server"
    shutil.copy(part.path, server)
    run = start(tmp_path, {"TOXIPROXY_SERVER": str(server)}, for_s=60)
    run_dir = folder(tmp_path)
    assert until(lambda: injected(run_dir) == 2)
    server.unlink()
    pid = next(one for one in processes(run_dir) if one.startswith("toxiproxy"))
    os.kill(int(pid.split("pid ")[1].rstrip(")")), signal.SIGKILL)
    out, _ = run.communicate(timeout=90)
    assert run.returncode == 5, out
    assert "may still be active" in out
    assert "every program of the run has ended, and every fault with it" in out
    assert processes(run_dir) == []
    assert FaultLog(run_dir / FAULTS).active() == []


def test_dry_touches_nothing_and_names_what_another_run_left(tmp_path: Path) -> None:
    """The whole plan on stdout, no folder, no process; a plan can be read beside anything."""
    enlist(tmp_path / "cache" / "active", "lost", tmp_path / "lost")
    command = [HARNESS, "run", "X01", "--dry", "--runtime", "process"]
    done = subprocess.run(
        [*command, "--runs", str(tmp_path / "runs")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HARNESS_CACHE": str(tmp_path / "cache")},
    )
    assert "an earlier run was not cleaned up: lost (owner 0 is gone)" in done.stderr
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["active"]
    assert (
        "timeout at lending->payment_a; touches lending->payment_a and nothing else" in done.stdout
    )
    assert not (tmp_path / "runs").exists()


def test_the_token_is_in_no_log_no_report_and_on_no_command_line(tmp_path: Path) -> None:
    """Whoever reads the folder or the process list cannot drive the stand-ins."""
    run = start(tmp_path, for_s=60)
    run_dir = folder(tmp_path)
    token = (run_dir / "token").read_text().strip()
    lines = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline"))
    assert (run_dir / "token").stat().st_mode & 0o077 == 0
    assert until(lambda: injected(run_dir) == 2)
    run.send_signal(signal.SIGINT)  # which writes every report, sooner
    run.communicate(timeout=60)
    kept = [path for path in run_dir.rglob("*") if path.is_file()]
    assert token.encode() not in lines
    assert [path for path in kept if token.encode() in path.read_bytes()] == []
    assert (run_dir / RECOVERY).exists()

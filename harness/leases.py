"""Who owns a run, and whether the owner is alive, stopped or gone.

    <cache>/active/<run id> ──link──> <run folder>/lease   locked by the owner as long as it lives,
    rewritten while it runs

A lock cannot outlive its process, so a run whose lock is free has lost its owner, however it died.
A lock that is held with an old
heartbeat belongs to an owner that is stopped (SIGSTOP, a laptop that slept).
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from harness.clock import NS, monotonic_ns

LEASE = "lease"
STALE_S = 3.0  # chosen: six heartbeats missed


@dataclass(frozen=True)
class ActiveRun:
    """A run that has not been taken off the list.

    Args:
        owner: alive, stopped or gone.
        pid: of the owner, as it wrote it.
    """

    run_id: str
    run_dir: Path
    owner: str
    pid: int


class Lease:
    """The owner's side: hold it from before anything is started until everything has ended."""

    def __init__(self, active: Path, run_id: str, run_dir: Path) -> None:
        """Take it.

        Args:
            active: folder of links to runs; made when missing.
        """
        active.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(run_dir / LEASE, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._link = active / run_id
        self.beat()
        self._link.symlink_to(run_dir.resolve())

    def beat(self) -> None:
        """Say: I run."""
        text = json.dumps({"pid": os.getpid(), "beat_ns": monotonic_ns()})
        os.pwrite(self._fd, text.ljust(80).encode(), 0)

    def release(self, *, clean: bool) -> None:
        """Let go; the run leaves the list only when it left nothing behind."""
        if clean:
            self._link.unlink(missing_ok=True)
        os.close(self._fd)


def active_runs(active: Path) -> list[ActiveRun]:
    """Runs on the list, by id; links whose folder is gone are dropped."""
    found = []
    for link in sorted(active.iterdir()) if active.is_dir() else []:
        if (link / LEASE).exists():
            found.append(_look(link))
        else:
            link.unlink(missing_ok=True)
    return found


def forget(active: Path, run_id: str) -> None:
    """Take a run off the list, once it is clean."""
    (active / run_id).unlink(missing_ok=True)


def _look(link: Path) -> ActiveRun:
    run_dir = link.resolve()
    text = (run_dir / LEASE).read_text().strip()
    said = json.loads(text) if text.endswith("}") else {"pid": 0, "beat_ns": 0}
    return ActiveRun(link.name, run_dir, owner_state(run_dir, said["beat_ns"]), said["pid"])


def owner_state(run_dir: Path, beat_ns: int) -> str:
    """alive, stopped or gone."""
    fd = os.open(run_dir / LEASE, os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return "stopped" if monotonic_ns() - beat_ns > STALE_S * NS else "alive"
    else:
        return "gone"
    finally:
        os.close(fd)

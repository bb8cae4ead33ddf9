"""Who owns a run, and whether the owner is alive, stopped or gone.

    <cache>/active/<run id> ──link──> <run folder>/lease     held by the run
                                      <run folder>/watchdog  held by its watchdog

A lease is a file that its holder keeps locked and rewrites while it runs. A lock cannot outlive
its process, so a free one has lost
its holder, however it died. One that is held with an old heartbeat belongs to a holder that is
stopped (SIGSTOP, a laptop that slept).
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from harness.clock import NS, monotonic_ns
from harness.toolchain import cache_dir

OWNER = "lease"
WATCHDOG = "watchdog"
BEAT_S = 0.5  # chosen: six missed beats make a holder stopped
STALE_S = 3.0


def active_dir() -> Path:
    """Where runs that have not ended are listed."""
    return cache_dir() / "active"


@dataclass(frozen=True)
class Holder:
    """Who holds a lease.

    Args:
        state: alive, stopped or gone.
        pid: as it wrote it; 0 when nobody ever did.
        ends_ns: monotonic clock; when the holder will have ended at the latest.
    """

    state: str
    pid: int
    ends_ns: int


@dataclass(frozen=True)
class ActiveRun:
    """A run that has not been taken off the list."""

    run_id: str
    run_dir: Path
    holder: Holder


class Lease:
    """The holder's side.

    Args:
        path: the file; its folder must be there.
        lasts_s: how long the holder will live at the most.

    Raises:
        OSError: somebody else holds it.
    """

    def __init__(self, path: Path, lasts_s: float) -> None:
        """Take it."""
        self._ends_ns = monotonic_ns() + int(lasts_s * NS)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.beat()

    def beat(self) -> None:
        """Say: I run."""
        said = {"pid": os.getpid(), "beat_ns": monotonic_ns(), "ends_ns": self._ends_ns}
        os.pwrite(self._fd, json.dumps(said).ljust(120).encode(), 0)

    def release(self) -> None:
        """Let go."""
        os.close(self._fd)


def holder(path: Path, stale_s: float = STALE_S) -> Holder:
    """Who holds the lease at `path`; changes nothing.

    Args:
        stale_s: a heartbeat older than this is that of a stopped holder.
    """
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return Holder("gone", 0, 0)
    try:
        said = _said(os.pread(fd, 4096, 0))
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        stale = monotonic_ns() - said["beat_ns"] > stale_s * NS
        return Holder("stopped" if stale else "alive", said["pid"], said["ends_ns"])
    else:
        return Holder("gone", said["pid"], said["ends_ns"])
    finally:
        os.close(fd)


def enlist(active: Path, run_id: str, run_dir: Path) -> None:
    """Put a run on the list, before anything of it is started."""
    active.mkdir(parents=True, exist_ok=True)
    (active / run_id).symlink_to(run_dir.resolve())


def forget(active: Path, run_id: str) -> None:
    """Take a run off the list, once it is clean."""
    (active / run_id).unlink(missing_ok=True)


def active_runs(active: Path) -> list[ActiveRun]:
    """Runs on the list, by id; links whose folder is gone are dropped."""
    found = []
    for link in sorted(active.iterdir()) if active.is_dir() else []:
        if (link / OWNER).exists():
            found.append(ActiveRun(link.name, link.resolve(), holder(link / OWNER)))
        else:
            link.unlink(missing_ok=True)
    return found


def _said(raw: bytes) -> dict[str, int]:
    try:
        said: dict[str, int] = json.loads(raw)
    except ValueError:  # read while it was written: the next look will see it whole
        return {"pid": 0, "beat_ns": monotonic_ns(), "ends_ns": 2**63 - 1}
    return said

"""Who owns a run, and whether the owner is alive, stopped or gone.

    <cache>/active/<run id> ──link──> <run folder>/lease     held by the run
                                      <run folder>/watchdog  held by its watchdog

A lease is a file that its holder rewrites while it runs. The holder is known by process id and
start time, so that neither a file nor a lock has to be trusted: who is not there is gone; who is
there with an old heartbeat is stopped (SIGSTOP, a laptop that slept). The lock on the file
decides only for a holder in another pid namespace, as in a container.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.clock import NS, monotonic_ns
from harness.errors import RuntimeFailure
from harness.ownership import foreign
from harness.private import make_private
from harness.procfs import STOPPED, Proc, identify, namespace
from harness.toolchain import cache_dir

OWNER = "lease"
WATCHDOG = "watchdog"
BEAT_S = 0.5  # chosen: six missed beats make a holder stopped
STALE_S = 3.0
NUMBERS = ("pid", "start_ticks", "namespace", "beat_ns", "ends_ns")


@dataclass(frozen=True)
class Holder:
    """Who holds a lease.

    Args:
        state: alive, stopped or gone.
        pid: as it wrote it; 0 when nobody ever did, or its file cannot be read.
        ends_ns: monotonic clock; when the holder will have ended at the latest.
        start_ticks: of its process.
    """

    state: str
    pid: int
    ends_ns: int
    start_ticks: int = 0


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
        OSError: somebody else holds it and lives.
    """

    def __init__(self, path: Path, lasts_s: float) -> None:
        """Take it."""
        self._ends_ns = monotonic_ns() + int(lasts_s * NS)
        this = identify(os.getpid())
        self._start_ticks = this.start_ticks if this else 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if holder(path).state != "gone":  # else the lock is held by somebody it is not for
                os.close(self._fd)
                raise
        self.beat()

    def beat(self) -> None:
        """Say: I run. Written over what is there, so that it needs no disk."""
        self._say(os.getpid())

    def release(self) -> None:
        """Give it up."""
        self._say(0)
        os.close(self._fd)

    def _say(self, pid: int) -> None:
        said = (pid, self._start_ticks, namespace(), monotonic_ns(), self._ends_ns)
        line = json.dumps(dict(zip(NUMBERS, said, strict=True))).ljust(160).encode()
        try:
            os.pwrite(self._fd, line, 0)
        except OSError:  # no disk: by its process it is known to be there, if not to be awake
            return


def holder(path: Path, stale_s: float = STALE_S) -> Holder:
    """Who holds the lease at `path`; changes nothing.

    Args:
        stale_s: a heartbeat older than this is that of a stopped holder.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return Holder("gone", 0, 0)
    try:
        said = _said(os.pread(fd, 4096, 0))
        free = _is_free(fd)
    except OSError:
        return Holder("gone", 0, 0)
    finally:
        os.close(fd)
    return Holder(_state(said, free, stale_s), said["pid"], said["ends_ns"], said["start_ticks"])


def _state(said: Mapping[str, int], free: bool, stale_s: float) -> str:
    ours = said["namespace"] == namespace()
    proc = Proc(said["pid"], said["start_ticks"])
    if not said["pid"] or (free if not ours else not proc.lives):
        return "gone"
    stale = monotonic_ns() - said["beat_ns"] > stale_s * NS
    return "stopped" if stale or (ours and proc.state in STOPPED) else "alive"


def _is_free(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def active_dir() -> Path:
    """Where runs that have not ended are listed.

    Raises:
        RuntimeFailure: the cache is a third user's, or he may write to it.
    """
    for name in ("", "active", "up", "work", "templates"):
        if why := foreign(cache_dir() / name):
            raise RuntimeFailure(f"cache folder: {why}")
    return cache_dir() / "active"


def enlist(active: Path, run_id: str, run_dir: Path) -> None:
    """Put a run on the list, before anything of it is started; one that is there stays."""
    make_private(active)
    link = active / run_id
    if not link.is_symlink():
        link.symlink_to(run_dir.absolute())


def forget(active: Path, run_id: str) -> None:
    """Take a run off the list, once it is clean."""
    (active / run_id).unlink(missing_ok=True)


def active_runs(active: Path) -> list[ActiveRun]:
    """Runs on the list, by id, also those whose folder is gone; changes nothing."""
    try:
        links = sorted(link for link in active.iterdir() if link.is_symlink())
    except OSError:
        return []
    return [ActiveRun(link.name, link.resolve(), holder(link / OWNER)) for link in links]


def _said(raw: bytes) -> dict[str, int]:
    """What a lease says, zeros where it says nothing that can be read."""
    try:
        said = json.loads(raw)
        return {name: int(said[name]) for name in NUMBERS}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return dict.fromkeys(NUMBERS, 0)

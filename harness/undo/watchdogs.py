"""No watchdog outlives what it watches: its end is bounded, and it is found without a file.

A watchdog that is stopped (SIGSTOP), or that lacks memory or descriptors to look around, would.
"""

from __future__ import annotations

import math
import mmap
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.procfs import ENDED, PROC, Proc, pids, read_stat, signal_with_parent_gone

MODULE = "harness.undo.watchdog"
HEALING_FDS = 16  # chosen: connections to an engine and a proxy, and the loops of the threads
HEALING_BYTES = 32 * 2**20  # chosen: as many threads, with what each answer takes


def end_within(seconds: float) -> None:
    """SIGALRM ends this process then, whatever it waits for or lacks; the last call holds."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(max(1, math.ceil(seconds)))


def can_heal() -> bool:
    """Whether this process may open and hold what undoing one fault after the other takes.

    Ending the programs takes less, and undoes all; what healing has opened would be missing then.
    """
    taken: list[int] = []
    try:
        while len(taken) < HEALING_FDS:
            taken.append(os.dup(0))
        mmap.mmap(-1, HEALING_BYTES).close()
    except (OSError, MemoryError):
        return False
    finally:
        for one in taken:
            os.close(one)
    return True


def wake_with_owner_gone() -> None:
    """SIGCONT when who started this process ends: it heals, also when it was stopped."""
    signal_with_parent_gone(signal.SIGCONT)


def argv_of(active: Path, run_id: str) -> list[str]:
    """The words by which the watchdog of a run is known.

    Args:
        active: list of runs.
    """
    return ["-m", MODULE, str(active), run_id]


def watchdogs_of(active: Path, run_id: str) -> list[Proc]:
    """The living watchdogs of a run, stopped ones too; never this process."""
    wanted = argv_of(active, run_id)
    return [
        Proc(pid, stat[2], "watchdog")
        for pid in pids()
        if pid != os.getpid() and _has(_words(pid), wanted)
        if (stat := read_stat(pid)) and stat[0] not in ENDED
    ]


def end_watchdogs(active: Path, run_id: str) -> None:
    """End them, once there is nothing left to watch."""
    with suppress(OSError):  # no descriptor to look with: their alarm ends them
        for proc in watchdogs_of(active, run_id):
            proc.send(signal.SIGKILL)


def _words(pid: int) -> list[str]:
    """Its command line; [] for another user's process, or one that is gone."""
    try:
        if (PROC / str(pid)).stat().st_uid != os.geteuid():
            return []
        said = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return said.decode(errors="replace").split("\0")


def _has(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))

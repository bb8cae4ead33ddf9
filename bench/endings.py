"""Signals, kills and shortages: attacks that end a program. Used by bench/attacks.py."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from bench.victims import Victim

STOPPED_S = 8.0  # past the 5 s after which nothing of a run is believed
SPARE_FDS = 6  # what a process may open beside what it has
SPARE_BYTES = 8 * 2**20


def closed(victim: Victim) -> None:
    """The terminal is closed."""
    _ask(victim, signal.SIGHUP)


def interrupted(victim: Victim) -> None:
    """Ctrl-C."""
    _ask(victim, signal.SIGINT)


def terminated_twice(victim: Victim) -> None:
    """SIGTERM, and again while everything is undone."""
    _ask(victim, signal.SIGTERM)
    time.sleep(0.3)
    victim.process.send_signal(signal.SIGTERM)


def stopped(victim: Victim) -> None:
    """The harness is suspended for a while, as on a laptop that slept."""
    victim.process.send_signal(signal.SIGSTOP)
    time.sleep(STOPPED_S)
    victim.process.send_signal(signal.SIGCONT)
    victim.goes_on, victim.expected = True, (3,)


def killed(victim: Victim) -> None:
    """SIGKILL of the harness: its watchdog heals."""
    victim.kill()


def both_killed(victim: Victim) -> None:
    """SIGKILL of harness and watchdog: `clear` heals."""
    victim.kill(watchdog=True)
    victim.clear()


def watchdog_stopped(victim: Victim) -> None:
    """The watchdog is suspended and the harness killed: the kernel wakes it."""
    os.kill(victim.watchdog(), signal.SIGSTOP)
    victim.kill()


def work_gone(victim: Victim) -> None:
    """What lies in the cache of the run is deleted, and the harness killed."""
    shutil.rmtree(victim.cache / "work", ignore_errors=True)
    victim.kill()


def descriptors(victim: Victim) -> None:
    """Harness and watchdog can open a few files more, and the harness is killed."""
    for pid in (victim.process.pid, victim.watchdog()):
        most = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")) + 1 + SPARE_FDS
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
    time.sleep(1.0)
    victim.kill()


def memory(victim: Victim) -> None:
    """The watchdog gets little more memory, and the harness is killed."""
    _little_memory(victim.watchdog())
    victim.kill()


def _little_memory(pid: int) -> None:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + SPARE_BYTES
    resource.prlimit(pid, resource.RLIMIT_AS, (most, most))


def starved(victim: Victim) -> None:
    """The harness gets hardly more memory; it ends in an error, or goes on."""
    _little_memory(victim.process.pid)
    victim.goes_on, victim.expected = True, (0, 3, 4, 5)


def _ask(victim: Victim, number: signal.Signals) -> None:
    victim.expected = (128 + number,)
    victim.process.send_signal(number)


def _hit(name: str, number: signal.Signals, victim: Victim) -> None:
    """One program of the run is hit; the run goes on, and no accident is a finding."""
    pids = [victim.watchdog()] if name == "watchdog" else victim.pids(name)
    for pid in pids:
        with suppress(ProcessLookupError):  # a fault has ended it meanwhile
            os.kill(pid, number)
    victim.goes_on, victim.expected = True, (0, 3, 4, 5)


PROGRAMS = ("watchdog", "toxiproxy", "load", "stand_in", "database")
HITS: dict[str, Callable[[Victim], None]] = {
    f"{word}_{name}": partial(_hit, name, number)
    for number, word in ((signal.SIGKILL, "kill"), (signal.SIGSTOP, "stop"))
    for name in PROGRAMS
}
ENDINGS: dict[str, Callable[[Victim], None]] = {
    work.__name__: work
    for work in (
        closed,
        interrupted,
        terminated_twice,
        stopped,
        killed,
        both_killed,
        watchdog_stopped,
        work_gone,
        descriptors,
        memory,
        starved,
    )
} | HITS

"""One process, as the kernel knows it: its id and its start time together.

Ids are used again. Signals go through a handle on that very process (pidfd), never to a bare
number. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

PROC = Path("/proc")
LISTEN = "0A"  # Source: Linux, include/net/tcp_states.h
ENDED = "ZX"  # proc(5): zombie, dead; what is left of them belongs to their parent
STOPPED = "Tt"  # proc(5): by a signal, by a debugger
PR_SET_PDEATHSIG = 1  # prctl(2): a signal when the thread that started this process ends


def signal_with_parent_gone(which: signal.Signals) -> None:
    """Let the kernel send this process a signal when who started it ends, by whatever; on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, which)


@dataclass(frozen=True)
class Proc:
    """One process.

    Args:
        pid: its id.
        start_ticks: field 22 of /proc/PID/stat, clock ticks since boot.
        program: which program of a run; "" for a child of one.
    """

    pid: int
    start_ticks: int
    program: str = ""

    def __str__(self) -> str:
        """`payment_a (pid 123)`."""
        return f"{self.program or 'a child'} (pid {self.pid})"

    @property
    def state(self) -> str:
        """State letter of proc(5), "" once it is gone."""
        stat = read_stat(self.pid)
        return stat[0] if stat and stat[2] == self.start_ticks else ""

    @property
    def lives(self) -> bool:
        """Whether it is there and no zombie."""
        return self.state not in ENDED  # "" is in every string

    def send(self, number: signal.Signals) -> None:
        """Signal it; nothing happens when it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            # Compared after opening: from here on the handle is this process or none.
            if self.lives:
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return
        finally:
            os.close(handle)


def read_stat(pid: int) -> tuple[str, int, int] | None:
    """State, parent and start time; None when there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    state, threads = fields[0], int(fields[17])
    # The first thread of a killed process turns zombie while others still hold its sockets.
    dying = state in ENDED and threads > 1
    return "R" if dying else state, int(fields[1]), int(fields[19])


def identify(pid: int, program: str = "") -> Proc | None:
    """The process that has this id now."""
    stat = read_stat(pid)
    return Proc(pid, stat[2], program) if stat else None


def pids() -> list[int]:
    """Every process id of this machine now."""
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def descendants_of(head: Proc) -> list[Proc]:
    """The living children of a process, and theirs: quicker than `family`, which looks at all."""
    found, waiting = [], [head.pid]
    while waiting:
        for pid in children_of(waiting.pop()):
            if (stat := read_stat(pid)) and stat[0] not in ENDED:
                found.append(Proc(pid, stat[2]))
                waiting.append(pid)
    return found


def children_of(pid: int) -> list[int]:
    """Ids of those that a process has started, of each of its threads.

    Source: proc(5), /proc/PID/task/TID/children.
    """
    try:
        files = list((PROC / str(pid) / "task").glob("*/children"))
        return [int(child) for file in files for child in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []  # gone meanwhile


def namespace() -> int:
    """The pid namespace that we are in: ids mean nothing in another one."""
    return os.stat(PROC / "self" / "ns" / "pid").st_ino


def listeners(port: int) -> Iterator[tuple[str, str, int]]:
    """Who listens at a port: address (hexadecimal, as the kernel prints it), inode, user.

    Source: proc_net_tcp(5).
    """
    suffix = f":{port:04X}"
    for name in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue  # a kernel without IPv6
        for line in lines:
            fields = line.split()
            if fields[3] == LISTEN and fields[1].endswith(suffix):
                yield fields[1].removesuffix(suffix), fields[9], int(fields[7])


@runtime_checkable
class ShowsProcesses(Protocol):
    """A runtime whose programs are processes that this machine's kernel tells of."""

    async def processes(self) -> Mapping[str, Proc]:
        """The first process of each program that lives; its children are found from there."""

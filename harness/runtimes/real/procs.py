"""The processes of a run, as /proc has them.

Every process of a run carries the run's mark in its environment, and so do its children: what was
started is found even when whoever started it had no time to write that down. A process is its
id and its start time together, since ids are used again; signals go through a handle on that
very process, never to a bare number.
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "HARNESS_MARK"
PROGRAM = "HARNESS_PROGRAM"
PROC = Path("/proc")
# Would change where a child connects to, or pass on what another run was told.
UNWANTED = ("PG", "HARNESS_")
ENDED = "ZX"  # proc(5): zombie, dead; what is left of them belongs to their parent


@dataclass(frozen=True)
class Proc:
    """One process.

    Args:
        pid: its id.
        start_ticks: field 22 of /proc/PID/stat, clock ticks since boot.
        program: which program of the run; "" for a child of one.
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
        stat = _stat(self.pid)
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


def _stat(pid: int) -> tuple[str, int, int] | None:
    """State, parent and start time; None when there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    state, threads = fields[0], int(fields[17])
    # The first thread of a killed process turns zombie while others still hold its sockets.
    dying = state in ENDED and threads > 1
    return "R" if dying else state, int(fields[1]), int(fields[19])


def clean_env() -> dict[str, str]:
    """Our environment without proxies and without what belongs to another run or database."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(UNWANTED) and not key.lower().endswith("_proxy")
    }


def identify(pid: int, program: str) -> Proc | None:
    """The process that has this id now."""
    stat = _stat(pid)
    return Proc(pid, stat[2], program) if stat else None


def members(state: Mapping[str, Any]) -> list[Proc]:
    """Every living process of a run: recorded, marked, at home in its work folder, or a descendant.

    Args:
        state: recovery state of the run.
    """
    stats = {pid: stat for pid in _pids() if (stat := _stat(pid)) and stat[0] not in ENDED}
    recorded = {(p["pid"], p["start_ticks"]): p["program"] for p in state["processes"]}
    found: dict[int, str] = {}
    for pid, (_, _, start_ticks) in stats.items():
        program = recorded.get((pid, start_ticks))
        if program is None:
            program = _program_by_mark(pid, state["mark"], state["work_dir"])
        if program is not None:
            found[pid] = program
    for pid in _descendants(found, {pid: stat[1] for pid, stat in stats.items()}):
        found.setdefault(pid, "")
    found.pop(os.getpid(), None)
    return [Proc(pid, stats[pid][2], program) for pid, program in sorted(found.items())]


def family(state: Mapping[str, Any], program: str) -> list[Proc]:
    """The living processes of one program: itself first, then its descendants."""
    everything = {proc.pid: proc for proc in members(state)}
    parents = {pid: stat[1] for pid in everything if (stat := _stat(pid))}
    heads = {pid for pid, proc in everything.items() if proc.program == program}
    tops = [pid for pid in heads if parents.get(pid) not in heads]
    rest = [pid for pid in _descendants(heads, parents) if pid not in tops]
    return [everything[pid] for pid in [*tops, *rest]]


def descendants_of(head: Proc) -> list[Proc]:
    """The living children of a process, and theirs: quicker than `family`, which looks at all."""
    found, waiting = [], [head.pid]
    while waiting:
        for pid in _children(waiting.pop()):
            if (stat := _stat(pid)) and stat[0] not in ENDED:
                found.append(Proc(pid, stat[2]))
                waiting.append(pid)
    return found


def _children(pid: int) -> list[int]:
    """Source: proc(5), /proc/PID/task/TID/children: of each thread those that it has started."""
    try:
        files = list((PROC / str(pid) / "task").glob("*/children"))
        return [int(child) for file in files for child in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []  # gone meanwhile


def _pids() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdigit()]


def _program_by_mark(pid: int, mark: str, work_dir: str) -> str | None:
    """Its program when it is of the run, "" for one known by its folder alone, else None."""
    try:
        pairs = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        if f"{MARK}={mark}".encode() in pairs:
            head = f"{PROGRAM}=".encode()
            return next((p[len(head) :].decode() for p in pairs if p.startswith(head)), "")
        # PostgreSQL's children overwrite their environment, but stay in the data folder.
        return "" if Path(os.readlink(PROC / str(pid) / "cwd")).is_relative_to(work_dir) else None
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return None  # another user's, or gone meanwhile: not one of ours


def _descendants(roots: Iterable[int], parents: Mapping[int, int]) -> list[int]:
    children = defaultdict(list)
    for pid, parent in parents.items():
        children[parent].append(pid)
    found, waiting = [], [*roots]
    while waiting:
        below = children.pop(waiting.pop(), [])
        found += below
        waiting += below
    return found

"""What each program of a run takes of the machine, read every second into the history.

An event of process `machine`, `f` usage; its values are groups, a number for each program and its
children. A program that waits for a processor is slow whatever it is made of: the verdict on a
latency takes that into account (`harness/metered.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import NamedTuple

from harness.clock import NS
from harness.errors import RuntimeFailure
from harness.history import HistoryWriter
from harness.looks import Stop
from harness.metered import GOT, MEMORY, OPEN, TURNS, USAGE, WAITED, WHO
from harness.ports import Runtime
from harness.procfs import PROC, Proc, ShowsProcesses, descendants_of

EVERY_S = 1.0  # chosen: a fault lasts seconds
MIB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")

Groups = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Metering:
    """Reads what programs take."""

    runtime: Runtime
    writer: HistoryWriter

    async def watch(self, stop: Stop) -> None:
        """Until a stop is asked for, or cancelled; nothing where the kernel tells nothing."""
        if not isinstance(self.runtime, ShowsProcesses):
            return
        clock, meter = self.runtime.clock, Meter()
        while not stop.asked:
            heads: Mapping[str, Proc] = {}
            with suppress(RuntimeFailure):  # a reading less; nothing waits for one
                heads = await self.runtime.processes()
            now_s = clock.now_s()
            groups = await asyncio.to_thread(meter.read, heads, now_s)
            if groups:
                t = max(0, int(now_s * NS))
                self.writer.append(t=t, p=WHO, type="info", f=USAGE, v=dict(groups), src="service")
            await clock.sleep(EVERY_S)


class Taken(NamedTuple):
    """What a process has had so far.

    Args:
        got_ns: time on a processor.
        waited_ns: time that it could have run and waited for one.
        turns: how often it got one.
    """

    got_ns: int = 0
    waited_ns: int = 0
    turns: int = 0

    def plus(self, other: Taken) -> Taken:
        """Both together."""
        return Taken(*map(int.__add__, self, other))

    def since(self, before: Taken) -> Taken:
        """What came on top; a thread that has ended takes its share with it: never less than 0."""
        return Taken(*(max(0, now - then) for now, then in zip(self, before, strict=True)))


@dataclass
class Meter:
    """Memory, open files, processor time and the wait for it, of each program with its children."""

    _since_s: float | None = None
    _before: dict[Proc, Taken] = field(default_factory=dict)

    def read(self, heads: Mapping[str, Proc], now_s: float) -> Groups:
        """A reading; {} for the first one, to which later ones are compared.

        Args:
            heads: the first process of each program.
            now_s: any clock that goes on evenly, in s.
        """
        families = {name: (one, *descendants_of(one)) for name, one in heads.items()}
        taken = {one: _taken(one.pid) for its in families.values() for one in its}
        took_s = 0.0 if self._since_s is None else now_s - self._since_s
        before, self._before, self._since_s = self._before, taken, now_s
        if took_s <= 0:
            return {}
        groups: Groups = {MEMORY: {}, OPEN: {}, GOT: {}, WAITED: {}, TURNS: {}}
        for name, its in families.items():
            new = reduce(Taken.plus, (taken[one].since(before.get(one, Taken())) for one in its))
            groups[MEMORY][name] = round(_memory_bytes(one.pid for one in its) / MIB, 1)
            groups[OPEN][name] = sum(_open_files(one.pid) for one in its)
            groups[GOT][name] = round(new.got_ns / NS / took_s, 4)
            groups[WAITED][name] = round(new.waited_ns / NS / took_s, 4)
            groups[TURNS][name] = round(new.turns / took_s)
        return groups


def _taken(pid: int) -> Taken:
    """Of all threads of a process.

    Source: Linux, Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat.
    """
    words = [_read(file / "schedstat").split() for file in _files(pid, "task")]
    each = [Taken(*map(int, its[:3])) for its in words if len(its) >= 3]
    return reduce(Taken.plus, each, Taken())


def _memory_bytes(pids: Iterable[int]) -> int:
    """What the processes have in memory; what they share with one another counts once.

    Source: proc(5), /proc/PID/statm: resident and shared pages.
    """
    own, shared = 0, [0]
    for pid in pids:
        words = _read(PROC / str(pid) / "statm").split()
        if len(words) >= 3:
            own += int(words[1]) - int(words[2])
            shared.append(int(words[2]))
    return (own + max(shared)) * PAGE


def _open_files(pid: int) -> int:
    return len(_files(pid, "fd"))


def _files(pid: int, folder: str) -> list[Path]:
    try:
        return list((PROC / str(pid) / folder).iterdir())
    except OSError:  # gone meanwhile, or another user's
        return []


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""

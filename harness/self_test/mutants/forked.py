"""A function in a child of this process: it shares what is loaded, and leaves nothing behind.

The caller has one thread and no event loop, so that a fork copies nothing that is half done.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.procfs import signal_with_parent_gone

WALL_S = 900.0  # chosen: who uses no processor time at all for so long does not come back
ENDED_BY_LIMIT = (signal.SIGXCPU, signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Args:
        result: what the function returned, or the exception that it raised; None without a word.
        number: of the signal that ended it, or 0.
    """

    result: Any
    number: int

    @property
    def overran(self) -> bool:
        """Whether the system ended it, for what it used."""
        return self.number in ENDED_BY_LIMIT


def forked(work: Callable[[], object]) -> Ended:
    """Call a function in a child; what it prints is dropped."""
    reading, writing = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        signal_with_parent_gone(signal.SIGKILL)  # a fork does not inherit it
        if os.getppid() != parent:  # gone before the kernel was asked
            os._exit(0)
        os.close(reading)
        _in_child(work, writing)
    os.close(writing)
    raw = _read(reading, child)
    _, status = os.waitpid(child, 0)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return Ended(pickle.loads(raw) if raw else None, number)  # noqa: S301 - from our own child


def cpu_s() -> float:
    """Processor time that this process has used, s."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def allow_cpu(more_s: float) -> None:
    """Bound the processor time that this process may use from now on."""
    until_s = int(cpu_s() + more_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until_s, resource.RLIM_INFINITY))


def _read(reading: int, child: int) -> bytes:
    parts: list[bytes] = []
    while True:
        if not select.select([reading], [], [], WALL_S)[0]:
            os.kill(child, signal.SIGKILL)
        part = os.read(reading, 65_536)
        if not part:
            os.close(reading)
            return b"".join(parts)
        parts.append(part)


def _in_child(work: Callable[[], object], writing: int) -> None:
    """Never returns: nothing of the parent's may run twice."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)  # coroutines that nobody awaits, exceptions that nobody reads
    try:
        try:
            result: object = work()
        except Exception as error:
            result = error
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(result))
    finally:
        os._exit(0)

"""Holds a program back to its share of the processor, with no rights but to signal it.

    python -m harness.runtimes.real.throttle PID START_TICKS CORES REPORT

    runs ──has used up its share──> SIGSTOP ──the share has grown again──> SIGCONT ──> runs

As cpulimit(1) does: one that wants less than its share is never held. A process of its own, since
a busy harness would hold it too long, and a harness that was killed could not let it go: whoever
heals ends this process first, then sends SIGCONT. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

from harness.clock import RunClock, monotonic_ns
from harness.procfs import Proc, descendants_of

PERIOD_S = 0.1  # as the kernel's own limit has it: at most a tenth of a second's share is saved up
TICK_S = 0.005  # chosen: how far a share may be overdrawn; it is paid back before it goes on
CPUCLOCK_SCHED = 2  # Source: Linux, include/linux/posix-timers_types.h


class Throttle:
    """Lets a process and its children use so much of the processor and no more.

    Args:
        head: the process.
        cores: how many, 0.01 means a hundredth of one.
        report: file for what was done: `cores`, `held` times, `held_ms`, `cpu_ms`.
        clock: real time.
    """

    def __init__(self, head: Proc, cores: float, report: Path, clock: RunClock) -> None:
        self._head, self._cores, self._report, self._clock = head, cores, report, clock
        self._used_ns: dict[Proc, int] = {}
        self._held, self._held_s, self._cpu_s = 0, 0.0, 0.0

    async def keep(self) -> None:
        """Hold it back for as long as it lives; it is released when this is cancelled."""
        balance_s, t_s, looked_s = PERIOD_S * self._cores, self._clock.now_s(), float("-inf")
        while self._head.lives:
            if t_s - looked_s >= PERIOD_S:
                looked_s = t_s
                self._look_for_children()
                self._write()
            await self._clock.sleep(TICK_S)
            before_s, t_s = t_s, self._clock.now_s()
            balance_s += (t_s - before_s) * self._cores - self._spent_s()
            balance_s = min(balance_s, PERIOD_S * self._cores)
            if balance_s < 0:
                await self._hold(-balance_s / self._cores)

    async def _hold(self, for_s: float) -> None:
        self._look_for_children()
        family = list(self._used_ns)
        t_begin_s = self._clock.now_s()
        try:
            for proc in family:
                proc.send(signal.SIGSTOP)
            await self._clock.sleep(for_s)
        finally:
            for proc in family:
                proc.send(signal.SIGCONT)
        self._held += 1
        self._held_s += self._clock.now_s() - t_begin_s

    def _look_for_children(self) -> None:
        family = [self._head, *descendants_of(self._head)]
        self._used_ns = {proc: self._used_ns.get(proc, _cpu_ns(proc)) for proc in family}

    def _spent_s(self) -> float:
        """Seconds of processor time that the family took since the last look."""
        now_ns = {proc: max(_cpu_ns(proc), used) for proc, used in self._used_ns.items()}
        spent_s = sum(now_ns[proc] - used for proc, used in self._used_ns.items()) / 1e9
        self._used_ns = now_ns
        self._cpu_s += spent_s
        return spent_s

    def _write(self) -> None:
        found = {
            "cores": self._cores,
            "held": self._held,
            "held_ms": round(self._held_s * 1000),
            "cpu_ms": round(self._cpu_s * 1000),
        }
        draft = self._report.with_suffix(".tmp")
        draft.write_text(json.dumps(found))
        draft.replace(self._report)


def _cpu_ns(proc: Proc) -> int:
    """Processor time of a process with all its threads; 0 when it is gone."""
    try:
        return time.clock_gettime_ns(~proc.pid << 3 | CPUCLOCK_SCHED)
    except OSError:
        return 0


async def main(pid: int, start_ticks: int, cores: float, report: Path) -> None:
    """Until the process has ended, or SIGTERM."""
    clock = RunClock(monotonic_ns())
    work = asyncio.ensure_future(Throttle(Proc(pid, start_ticks), cores, report, clock).keep())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    await asyncio.gather(work, return_exceptions=True)
    if not work.cancelled() and (error := work.exception()):
        raise error


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])))

"""A process of its own that heals what a run can no longer heal. Started before anything is
injected, outlives the run.

owner alive    heal faults that outlived their time to live
owner stopped  heal every fault; the owner learns of it when it wakes
owner gone     heal every fault, end every process, take the run off the list, go
nobody came    past the latest end of the run: as if the owner were gone
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from harness.clock import NS, RunClock, monotonic_ns
from harness.errors import HarnessError, RuntimeFailure
from harness.store import FAULTS
from harness.undo.faultlog import Entry, FaultLog
from harness.undo.leases import BEAT_S, OWNER, WATCHDOG, ActiveRun, Lease, holder
from harness.undo.recovery import clear, heal

LOOK_S = 0.25  # chosen: a tenth of the time in which it must have healed
STOPPED_S = 1.2  # chosen: with one look a beat, a stopped watchdog is replaced within 2 s
START_S = 10.0  # chosen: Python on a busy machine
MODULE = "harness.undo.watchdog"


class Watchdog:
    """The run's side: keeps one watchdog alive.

    Args:
        active, run_id, run_dir: the run to watch.
        say: told when a watchdog is replaced.
    """

    def __init__(
        self, active: Path, run_id: str, run_dir: Path, say: Callable[[str], None]
    ) -> None:
        """Nothing is started yet."""
        self._argv = [str(active), run_id, str(run_dir)]
        self._lease = run_dir / WATCHDOG
        self._log = run_dir / "watchdog.log"
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it watches.

        Raises:
            RuntimeFailure: it does not come up.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - must outlive the event loop
                [sys.executable, "-P", "-m", MODULE, *self._argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        clock = RunClock(monotonic_ns())
        while holder(self._lease).state != "alive":
            if clock.now_s() > START_S or self._process.poll() is not None:
                raise RuntimeFailure(f"the watchdog does not start; see {self._log}")
            await clock.sleep(0.02)

    async def keep(self) -> None:
        """Replace it when it died or stands still."""
        if self._process is None or holder(self._lease, STOPPED_S).state == "alive":
            return
        self._say("the watchdog is gone or stands still; starting another")
        self.end()
        await self.start()

    def end(self) -> None:
        """End it; for a run that left nothing behind."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def watch(active: Path, run_id: str, run_dir: Path) -> None:
    """Until the run has ended: see the table above."""
    clock = RunClock(monotonic_ns())
    lease = Lease(run_dir / WATCHDOG, lasts_s=float(2**31))
    log = FaultLog(run_dir / FAULTS, by=WATCHDOG)
    beats = asyncio.create_task(_beat(lease, clock))
    while (active / run_id).is_symlink():
        owner = holder(run_dir / OWNER)
        run = ActiveRun(run_id, run_dir, owner)
        late = monotonic_ns() > owner.ends_ns
        if owner.state == "gone" or late:
            _end_owner(run)
            await _try(clear(run, active, _note, by=WATCHDOG))
        else:
            due = [e for e in log.active() if owner.state == "stopped" or _expired(e)]
            if due:
                await _try(heal(run, log, due, _note))
        await clock.sleep(LOOK_S)
    beats.cancel()


def _expired(entry: Entry) -> bool:
    return monotonic_ns() > entry.expires_ns


def _end_owner(run: ActiveRun) -> None:
    """An owner past its latest end is stopped or hangs; it must not wake into a cleared run."""
    if run.holder.state != "gone" and holder(run.run_dir / OWNER).pid == run.holder.pid:
        _note(f"owner {run.holder.pid} is past its latest end; ending it")
        os.kill(run.holder.pid, signal.SIGKILL)


async def _try(work: object) -> None:
    try:
        await work  # type: ignore[misc]  # a coroutine of either kind; its value is in the log
    except (HarnessError, OSError, ValueError) as error:
        _note(f"{type(error).__name__}: {error}; trying again")


async def _beat(lease: Lease, clock: RunClock) -> None:
    while True:
        lease.beat()
        await clock.sleep(BEAT_S)


def _note(text: str) -> None:
    print(json.dumps({"t_s": round(monotonic_ns() / NS, 3), "what": text}), flush=True)


if __name__ == "__main__":
    asyncio.run(watch(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))

"""A process of its own that heals what a run can no longer heal. Started before anything is
injected, outlives the run.

owner alive    heal faults that outlived their time to live
owner stopped  heal every fault; the owner learns of it when it wakes
owner gone     heal every fault, end every process, take the run off the list, go
owner late     past the latest end of the run: end it, then as if it were gone
folder lost    somebody deleted it: ask the owner to end, then as if it were gone

It knows its owner by process id and start time, and has in memory what it has read or been told:
it needs no file, no lock and no free disk, and nothing that it notes may end it.

It ends in time whatever becomes of it: the kernel wakes it when its owner ends, should it have
been stopped, and an alarm ends it LAST_S after it last found something left to end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.clock import NS, RunClock, monotonic_ns
from harness.errors import RuntimeFailure
from harness.procfs import STOPPED, Proc, identify
from harness.undo.faultlog import Entry
from harness.undo.leases import (
    BEAT_S,
    OWNER,
    WATCHDOG,
    ActiveRun,
    Holder,
    Lease,
    enlist,
    holder,
)
from harness.undo.recovery import RECOVERY, TOKEN, Known, clear, heal
from harness.undo.watchdogs import argv_of, can_heal, end_within, wake_with_owner_gone

LOOK_S = 0.25  # chosen: a tenth of the time in which it must have healed
HUNG_S = 10.0  # chosen: a stopped one is seen at once; a late one has its turn sooner than another
START_S = 10.0  # chosen: Python on a busy machine
ASKED_S = 3.0  # chosen: with the end of its programs, 10 s after it was lost at the latest
STACK_BYTES = 2**20  # of each thread: of the usual 8 MiB there may be none when memory is scarce
LAST_S = 60.0  # chosen: what ends a run takes 10 s, several times that on a busy machine
TRIES_S = 1800.0  # chosen: for so long what cannot be ended is tried again


class Watchdog:
    """The run's side: keeps one watchdog alive.

    Args:
        active, run_id, run_dir: the run to watch.
        ends_ns: monotonic clock; when the run will have ended at the latest.
        say: told when a watchdog is replaced.
    """

    def __init__(
        self, active: Path, run_id: str, run_dir: Path, ends_ns: int, say: Callable[[str], None]
    ) -> None:
        """Nothing is started yet."""
        this = identify(os.getpid()) or Proc(os.getpid(), 0)
        owner = [str(this.pid), str(this.start_ticks), str(ends_ns)]
        self._argv = [*argv_of(active, run_id), str(run_dir), *owner]
        self._run_dir = run_dir
        self._lease = run_dir / WATCHDOG
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._sent = b""

    async def start(self) -> None:
        """Start it and wait until it watches.

        Raises:
            RuntimeFailure: it does not come up.
        """
        path = self._run_dir / "watchdog.log"
        with path.open("ab") as log:
            path.chmod(0o600)
            self._process = subprocess.Popen(  # noqa: ASYNC220 - must outlive the event loop
                [sys.executable, "-P", *self._argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdin is not None  # noqa: S101 - spawned with a pipe
        os.set_blocking(self._process.stdin.fileno(), False)
        self._send()
        clock = RunClock(monotonic_ns())
        while holder(self._lease).state != "alive":
            if clock.now_s() > START_S or self._process.poll() is not None:
                raise RuntimeFailure(f"the watchdog does not start; see {path}")
            await clock.sleep(0.02)

    def tell(self, state: Mapping[str, object]) -> None:
        """Let it know how to start the run's programs again: that is written down nowhere."""
        sent = json.dumps(state).encode() + b"\n"
        if sent != self._sent:
            self._sent = sent
            self._send()

    def _send(self) -> None:
        if self._sent and self._process is not None and self._process.stdin is not None:
            try:
                os.write(self._process.stdin.fileno(), self._sent)
            except OSError:  # gone or stopped: another is started, and is told
                return

    async def keep(self) -> None:
        """Replace it when it died or is stopped."""
        if self._process is None or self._is_well(self._process):
            return
        self._say("the watchdog is gone or is stopped; starting another")
        self.end()
        await self.start()

    def _is_well(self, process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is not None:
            return False
        if not self._lease.exists():  # the folder is lost, and it takes care of that
            proc = identify(process.pid)
            return proc is not None and proc.state not in STOPPED
        return holder(self._lease, HUNG_S).state == "alive"

    def end(self) -> None:
        """End it; for a run that left nothing behind."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()


@dataclass(frozen=True)
class Post:
    """What a watchdog is told when it is started.

    Args:
        active: list of runs.
        owner: the run's process.
        ends_ns: monotonic clock; when it will have ended at the latest.
    """

    active: Path
    run_id: str
    run_dir: Path
    owner: Proc
    ends_ns: int


class Watch:
    """The watchdog's own side.

    Args:
        post: what to watch.
        known: of the run.
    """

    def __init__(self, post: Post, known: Known) -> None:
        """Nothing is read yet."""
        self._post, self._known = post, known
        self._heard = b""
        self._seen: set[str] = set()
        self._asked_ns = self._gone_ns = 0

    async def round(self) -> bool:
        """Look once and do what is needed.

        Returns:
            whether the run is over.
        """
        self._hear()
        self._known.look()
        if not self._post.owner.lives:
            return await self._clear()
        if monotonic_ns() > self._post.ends_ns:
            _note(f"owner {self._post.owner.pid} is past its latest end; ending it")
            self._post.owner.send(signal.SIGKILL)
        elif self._is_lost():
            self._ask_to_end()
        else:
            self._relist()
            stopped = self._owner_is_stopped()
            due = [one for one in self._known.active() if stopped or _expired(one)]
            await heal(self._known, due, _note)
            await self._known.warm_up()
        return False

    async def _clear(self) -> bool:
        """End what the owner left.

        Returns:
            whether nothing is left.
        """
        if not self._gone_ns:
            self._gone_ns = monotonic_ns()
            end_within(LAST_S)
        run = ActiveRun(self._post.run_id, self._post.run_dir, Holder("gone", 0, 0))
        at_once = bool(self._asked_ns) or not can_heal()
        left = await clear(run, self._post.active, _note, WATCHDOG, self._known, at_once=at_once)
        if left and monotonic_ns() - self._gone_ns < TRIES_S * NS:
            end_within(LAST_S)
        return not left

    def _hear(self) -> None:
        """What the owner says: the state of the run, with the commands of its programs."""
        try:
            self._heard += os.read(sys.stdin.fileno(), 2**20)
        except OSError:
            return
        *lines, self._heard = self._heard.split(b"\n")
        if lines:
            self._known.state = {**(self._known.state or {}), **json.loads(lines[-1])}

    def _is_lost(self) -> bool:
        """Whether a file that was there is there no more: the run removes none before its end."""
        there = {n for n in (OWNER, RECOVERY, TOKEN) if (self._post.run_dir / n).exists()}
        self._seen |= there
        return there != self._seen

    def _ask_to_end(self) -> None:
        """The owner undoes and ends everything by itself, and says so; else it is ended."""
        if not self._asked_ns:
            _note(f"{self._post.run_dir} is lost; asking owner {self._post.owner.pid} to end")
            self._asked_ns = monotonic_ns()
            self._post.owner.send(signal.SIGTERM)
            self._post.owner.send(signal.SIGCONT)
        elif monotonic_ns() - self._asked_ns > ASKED_S * NS:
            self._post.owner.send(signal.SIGKILL)

    def _relist(self) -> None:
        """No run is off the list while it lives."""
        if not (self._post.active / self._post.run_id).is_symlink():
            enlist(self._post.active, self._post.run_id, self._post.run_dir)

    def _owner_is_stopped(self) -> bool:
        stale = holder(self._post.run_dir / OWNER).state == "stopped"
        return stale or self._post.owner.state in STOPPED


async def watch(post: Post) -> None:
    """Until the run has ended: see the table above."""
    wake_with_owner_gone()
    end_within((post.ends_ns - monotonic_ns()) / NS + LAST_S)
    clock = RunClock(monotonic_ns())
    lease = Lease(post.run_dir / WATCHDOG, lasts_s=float(2**31))
    beats = asyncio.create_task(_beat(lease, clock))
    os.set_blocking(sys.stdin.fileno(), False)
    work = Watch(post, Known(post.run_id, post.run_dir, WATCHDOG))
    while not await _survived(work.round()):
        await clock.sleep(LOOK_S)
    beats.cancel()


async def _survived(work: Coroutine[object, object, bool]) -> bool:
    """What it gives; no failure may end a watchdog, the next look tries again."""
    try:
        return await work
    except Exception as error:  # whatever it is: a run without a watchdog is worse
        _note(f"{type(error).__name__}: {error}; trying again")
        return False


def _expired(entry: Entry) -> bool:
    return monotonic_ns() > entry.expires_ns


async def _beat(lease: Lease, clock: RunClock) -> None:
    while True:
        lease.beat()
        await clock.sleep(BEAT_S)


def _note(text: str) -> None:
    try:
        print(json.dumps({"t_s": round(monotonic_ns() / NS, 3), "what": text}), flush=True)
    except OSError:  # a full disk: what is noted never comes before what is done
        return


def _post(argv: list[str]) -> Post:
    active, run_id, run_dir, pid, ticks, ends_ns = argv
    owner = Proc(int(pid), int(ticks))
    return Post(Path(active), run_id, Path(run_dir), owner, int(ends_ns))


if __name__ == "__main__":
    threading.stack_size(STACK_BYTES)
    asyncio.run(watch(_post(sys.argv[1:])))

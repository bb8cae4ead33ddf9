"""Supervises a run: a lease and a watchdog, where it could leave something behind.

A runtime that another process can take hold of (it has a `Recovery`) starts things that outlive
this process. One that cannot be taken hold of ends with this process, whatever happens to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from harness.clock import NS, RunClock, monotonic_ns
from harness.errors import RuntimeFailure
from harness.ports import Runtime
from harness.private import RESERVE_BYTES, hold_reserve, make_private
from harness.runtime_kind import RuntimeKind
from harness.store import FAULTS, RunFolder
from harness.undo.faultlog import FaultLog
from harness.undo.leases import BEAT_S, OWNER, Lease, active_dir, enlist, forget
from harness.undo.recovery import PRIVATE, end_marked
from harness.undo.watchdog import Watchdog


class Guard(Protocol):
    """Supervises one run."""

    async def begin(self) -> None:
        """Before anything is started."""

    def supervise(self, runtime: Runtime) -> None:
        """Take note of the runtime that is about to be started."""

    def rest(self) -> None:
        """The run is over; its result is not written yet."""

    def release(self, *, clean: bool) -> None:
        """The process is about to leave the run."""


class NoGuard:
    """The guard of a run that ends with this process."""

    async def begin(self) -> None:
        """Nothing to do."""

    def supervise(self, runtime: Runtime) -> None:
        """Nothing to do."""

    def rest(self) -> None:
        """Nothing to do."""

    def release(self, *, clean: bool) -> None:
        """Nothing to do."""


class Watched:
    """On the list of runs, with a lease of its own and a watchdog beside it.

    Args:
        lasts_s: how long the run may take at the most.
        say: told when a watchdog is replaced.

    Raises:
        RuntimeFailure: there is not even the disk for what healing needs.
    """

    def __init__(self, folder: RunFolder, lasts_s: float, say: Callable[[str], None]) -> None:
        """Put the run on the list."""
        self._folder, self._say = folder, say
        try:
            make_private(folder.path)
            hold_reserve(folder.path)
            self._lease = Lease(folder.path / OWNER, lasts_s)
            enlist(active_dir(), folder.run_id, folder.path)
        except OSError as error:
            raise RuntimeFailure(
                f"{folder.path}: {error.strerror}; a run needs {RESERVE_BYTES // 2**20} MiB of "
                "disk there before it starts, and a cache folder of its own (HARNESS_CACHE)"
            ) from None
        ends_ns = monotonic_ns() + int(lasts_s * NS)
        self._watchdog = Watchdog(active_dir(), folder.run_id, folder.path, ends_ns, say)
        self._beats: asyncio.Task[None] | None = None
        self._runtime: Runtime | None = None
        self._lost = False

    async def begin(self) -> None:
        """Start the watchdog and the heartbeat.

        Raises:
            RuntimeFailure: the watchdog does not come up.
        """
        await self._watchdog.start()
        self._beats = asyncio.create_task(self._beat())

    def supervise(self, runtime: Runtime) -> None:
        """Tell the watchdog how its programs are started, once that is known."""
        self._runtime = runtime

    def rest(self) -> None:
        """End the heartbeat."""
        if self._beats is not None:
            self._beats.cancel()

    def release(self, *, clean: bool) -> None:
        """A run that left something stays on the list, and its watchdog stays with it."""
        if clean:
            self._watchdog.end()
            clean = not self._close_faults()
        if clean:
            self._leave_the_list()
            for name in PRIVATE:
                with suppress(OSError):
                    (self._folder.path / name).unlink(missing_ok=True)
        self._lease.release()

    def _close_faults(self) -> list[str]:
        """A fault ends with the program that carries it; its watchdog may have started one more.

        Returns:
            what is still there.
        """
        log = FaultLog(self._folder.path / FAULTS)
        if active := log.active():
            if left := end_marked(self._folder.run_id, self._say):
                return left
            for entry in active:
                log.close(entry, "its process has ended")
        return []

    def hand_over(self) -> None:
        """What was started is to stand without an owner, with its private files."""
        self._leave_the_list()
        self._lease.release()

    def _leave_the_list(self) -> None:
        self._watchdog.end()  # first: it puts a run that lives on the list again
        forget(active_dir(), self._folder.run_id)

    async def _beat(self) -> None:
        clock = RunClock(monotonic_ns())
        while True:
            self._lease.beat()
            try:
                self._tell()
                await self._watchdog.keep()
            except (RuntimeFailure, OSError) as why:  # the heart must not stop with the watchdog
                self._say(f"{why}; trying again")
            await clock.sleep(BEAT_S)

    def _tell(self) -> None:
        if not self._lost and not (self._folder.path / OWNER).exists():
            self._lost = True
            self._say(f"{self._folder.path} is lost: undoing every fault, ending the run")
        if self._runtime is not None:
            with suppress(RuntimeFailure):  # not so far yet
                self._watchdog.tell(self._runtime.recovery_state())


def guard_for(
    runtime: RuntimeKind, folder: RunFolder, lasts_s: float, say: Callable[[str], None]
) -> Guard:
    """The guard that a run on this runtime needs."""
    return NoGuard() if runtime.recovery is None else Watched(folder, lasts_s, say)

"""Power over the processes of a run: kill, pause, stop, restart, and bring back."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.clock import poll
from harness.errors import RuntimeFailure, UnsupportedFault
from harness.ports import UndoRecord, held
from harness.procfs import Proc, descendants_of
from harness.runtimes.process.site import Site
from harness.runtimes.real.sites import BACK_S, POLL_S, WAKE_S, RealServices

SIGNAL_POLL_S = 0.001  # chosen: the kernel stops a process within microseconds
GRACE_S = 3.0  # chosen: our programs end within 2 s of SIGTERM


class ProcessesOfRun(RealServices[Site]):
    """`ProcessControl` and `LifecycleControl` over the services that this run started."""

    async def kill(self, service: str) -> None:
        """SIGKILL the service and its children.

        Raises:
            RuntimeFailure: it does not run.
        """
        await self._site.end(self.running(service))

    async def pause(self, service: str) -> None:
        """SIGSTOP the service and its children; its sockets stay open and take connections.

        Raises:
            RuntimeFailure: it does not run, or did not stop.
        """
        procs = self.running(service)
        for proc in procs:
            proc.send(signal.SIGSTOP)

        def stood() -> bool:
            return not any(proc.lives and proc.state not in "Tt" for proc in procs)

        if not await poll(stood, self._site.clock, within_s=WAKE_S, every_s=SIGNAL_POLL_S):
            raise RuntimeFailure(f"{service}: {procs[0]} did not stop within {WAKE_S:g} s")

    async def stop(self, service: str) -> None:
        """Ask the service to end (PostgreSQL: its fast shutdown); after 3 s it is killed.

        Raises:
            RuntimeFailure: it does not run.
        """
        procs = self.running(service)
        self._site.launcher.expect(procs)
        fast = self._site.service(service)["protocol"] == "postgres"
        for proc in procs:
            if proc.program:
                proc.send(signal.SIGINT if fast else signal.SIGTERM)
        await self._site.end(await self._site.until_gone(procs, GRACE_S))

    async def restart(self, service: str) -> None:
        """Stop the service in good order and start it at once.

        Raises:
            RuntimeFailure: it does not run, or ended at once.
        """
        await self.stop(service)
        await self._spawn(service)

    async def _process_state(self, service: str) -> Mapping[str, object]:
        head = next(iter(self.family(service)), None)
        return {
            "pid": head and head.pid,
            "start_time": head and head.start_ticks,
            "proc_state": head.state if head else "",
            "exit_code": None if head else self._site.launcher.exit_code(service),
        }

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Let it go on if it was stopped, start it again if it is gone; how soon it is ready is its
        own affair. One that another fault wants so stays as it is.

        Raises:
            RuntimeFailure: it ended at once.
        """
        if not held(others):
            await self.let_run(record.where)

    async def let_run(self, service: str) -> None:
        """Make a service run, whatever state it is in."""
        procs = self.family(service)
        for proc in procs:
            proc.send(signal.SIGCONT)
        if not procs or not await poll(
            lambda: not _stopped(procs), self._site.clock, within_s=WAKE_S, every_s=SIGNAL_POLL_S
        ):
            await self._site.end(procs)
            if not self.family(service):  # another undo at the place may have been quicker
                await self._spawn(service)

    async def bring_back(self, service: str) -> None:
        """Make a service run, and wait until it answers."""
        await self.let_run(service)
        await self.ready(service)

    async def _spawn(self, service: str) -> None:
        if manager := self._site.manager_of(service):
            await self._wait_for(manager, service)
            return
        if self._site.service(service)["protocol"] == "postgres":
            await self.end_database(service)
        self._site.launcher.start(service)

    async def _wait_for(self, manager: str, database: str) -> None:
        """See that what starts a database runs, and wait until it has started it.

        Raises:
            RuntimeFailure: it has not in time.
        """
        await self.let_run(manager)
        if not await poll(
            lambda: bool(self.family(database)), self._site.clock, within_s=BACK_S, every_s=POLL_S
        ):
            raise RuntimeFailure(f"{manager} has not started {database} within {BACK_S:g} s")

    async def end_database(self, service: str) -> None:
        """Kill what is left of a PostgreSQL, so that its data folder is free."""
        data = Path(self._site.recovery.read()["data_dir"], service)
        await self._site.end([*self.family(service), *self._site.strays(data)])
        # Left by a killed server; its number may belong to another process by now.
        (data / "postmaster.pid").unlink(missing_ok=True)

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Whether it runs and is not stopped."""
        procs = self.family(record.where)
        return held(others) or (bool(procs) and not _stopped(procs))

    def family(self, service: str) -> list[Proc]:
        """Its processes, itself first: from the record, which is quick, else from all of /proc."""
        recorded = self._site.recovery.read()["processes"]
        heads = [Proc(**proc) for proc in recorded if proc["program"] == service]
        self._site.launcher.reap()
        living = [head for head in heads if head.lives]
        if not living:
            return self._site.family(service)
        return [proc for head in living for proc in (head, *descendants_of(head))]

    def running(self, service: str) -> list[Proc]:
        """The processes of a service, itself first.

        Raises:
            RuntimeFailure: it does not run.
        """
        if self._site.service(service)["running"]:
            raise UnsupportedFault(f"{service} stands already: it is not of this run")
        procs = self.family(service)
        if not procs:
            raise RuntimeFailure(f"{service} does not run{self._site.launcher.last_words(service)}")
        return procs


def _stopped(procs: Sequence[Proc]) -> bool:
    """Whether one of them is stopped."""
    return any(proc.lives and proc.state in "Tt" for proc in procs)

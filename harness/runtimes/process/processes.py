"""Power over the processes of a run: kill, pause, stop, restart, and bring back."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import RuntimeFailure
from harness.ports import UndoRecord
from harness.runtimes.process.site import Site
from harness.runtimes.real.procs import Proc
from harness.runtimes.real.sites import BACK_S, POLL_S, WAKE_S, RealServices

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
        deadline_s = self._site.clock.now_s() + WAKE_S
        while any(proc.lives and proc.state not in "Tt" for proc in procs):
            if self._site.clock.now_s() >= deadline_s:
                raise RuntimeFailure(f"{service}: {procs[0]} did not stop within {WAKE_S:g} s")
            await self._site.clock.sleep(POLL_S)

    async def stop(self, service: str) -> None:
        """Ask the service to end (PostgreSQL: its fast shutdown); after 3 s it is killed.

        Raises:
            RuntimeFailure: it does not run.
        """
        procs = self.running(service)
        fast = self._site.service(service)["protocol"] == "postgres"
        for proc in procs:
            if proc.program:
                proc.send(signal.SIGINT if fast else signal.SIGTERM)
        await self._site.end(await self._site.until_gone(procs, GRACE_S))

    async def restart(self, service: str) -> None:
        """Stop the service in good order and start it at once.

        Raises:
            RuntimeFailure: it does not run, or does not come back.
        """
        await self.stop(service)
        await self._start_again(service)

    async def _told(self, service: str) -> Mapping[str, Any]:
        head = next(iter(self._site.family(service)), None)
        return {
            "pid": head and head.pid,
            "start_time": head and head.start_ticks,
            "proc_state": head.state if head else "",
            "exit_code": None if head else self._site.launcher.exit_code(service),
        }

    async def undo(self, record: UndoRecord) -> None:
        """Let it go on if it was stopped, start it again if it is gone or does not come round.

        Raises:
            RuntimeFailure: it was started again and does not become ready.
        """
        await self.bring_back(record.where)

    async def bring_back(self, service: str) -> None:
        """Make a service run and answer, whatever state it is in."""
        procs = self._site.family(service)
        for proc in procs:
            proc.send(signal.SIGCONT)
        if procs and await self.answers(service):
            return
        await self._site.end(procs)
        await self._start_again(service)

    async def _start_again(self, service: str) -> None:
        if self._site.service(service)["protocol"] == "postgres":
            await self._site.end(self._site.strays())
            data = Path(self._site.recovery.read()["data_dir"])
            # Left by a killed server; its number may belong to another process by now.
            (data / "postmaster.pid").unlink(missing_ok=True)
        await self._site.start(service, BACK_S)

    async def undone(self, record: UndoRecord) -> bool:
        """Whether it runs, is not stopped and answers."""
        procs = self._site.family(record.where)
        if not procs or any(proc.state in "Tt" for proc in procs if proc.lives):
            return False
        return await self.answers(record.where)

    def running(self, service: str) -> list[Proc]:
        """The processes of a service, itself first.

        Raises:
            RuntimeFailure: it does not run.
        """
        self._site.service(service)
        procs = self._site.family(service)
        if not procs:
            raise RuntimeFailure(f"{service} does not run{self._site.launcher.last_words(service)}")
        return procs

"""A run as any process can take hold of it: what to start, what to ask, what to control."""

from __future__ import annotations

import signal
from functools import partial

from harness.clock import Clock
from harness.runtimes.process.launch import Launcher
from harness.runtimes.process.plan import TOXIPROXY
from harness.runtimes.process.readiness import await_ready
from harness.runtimes.real.procs import Proc, family, members
from harness.runtimes.real.recovery import RecoveryFile
from harness.runtimes.real.sites import READY_POLL_S, READY_S, RealSite
from harness.target import Target

END_S = 2.0  # chosen: the kernel ends a killed process within milliseconds


class Site(RealSite):
    """The processes of a run."""

    def __init__(self, recovery: RecoveryFile, clock: Clock, target: Target | None = None) -> None:
        """Open clients; nothing is sent or started."""
        self.launcher = Launcher(recovery)
        super().__init__(recovery, clock, target)

    async def close(self) -> None:
        """Close the clients; what runs goes on."""
        self.launcher.disown()
        await super().close()

    def family(self, program: str) -> list[Proc]:
        """The living processes of a program, itself first."""
        self.launcher.reap()
        return family(self.recovery.read(), program)

    def strays(self) -> list[Proc]:
        """Living children whose program is gone: they would keep its successor from starting."""
        return [proc for proc in members(self.recovery.read()) if not proc.program]

    async def start(self, program: str, within_s: float = READY_S) -> None:
        """Start a service and wait until it is ready."""
        self.launcher.start(program)
        works = partial(self.works, program)
        what = self.awaited(program)
        await await_ready(program, works, self.launcher, self.clock, what=what, within_s=within_s)

    async def start_toxiproxy(self) -> None:
        """Start the Toxiproxy server and wait until its control port answers."""
        self.launcher.start(TOXIPROXY)
        ready, what = self.toxiproxy.answers, f"GET http://{self.toxiproxy.address}/version -> 200"
        await await_ready(TOXIPROXY, ready, self.launcher, self.clock, what=what, within_s=4.0)

    async def restart_toxiproxy(self) -> None:
        """End our Toxiproxy, hanging or not, and start it again with no proxies."""
        await self.end(self.family(TOXIPROXY))
        await self.start_toxiproxy()

    async def end(self, procs: list[Proc]) -> None:
        """Kill processes and wait until they are gone."""
        self.launcher.expect(procs)
        for proc in procs:
            proc.send(signal.SIGKILL)
        await self.until_gone(procs, END_S)

    async def until_gone(self, procs: list[Proc], within_s: float) -> list[Proc]:
        """Wait for processes to end.

        Returns:
            those that did not.
        """
        deadline_s = self.clock.now_s() + within_s
        while left := [proc for proc in procs if proc.lives]:
            self.launcher.reap()
            if self.clock.now_s() >= deadline_s:
                break
            await self.clock.sleep(READY_POLL_S)
        self.launcher.reap()
        return left

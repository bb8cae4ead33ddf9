"""A run as any process can take hold of it: what to start, what to ask, what to control."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from harness.clock import Clock
from harness.errors import UnsupportedFault
from harness.runtimes.counting import Counting
from harness.runtimes.links import ToxiproxyLinks
from harness.runtimes.process.launch import Launcher
from harness.runtimes.process.plan import TOXIPROXY
from harness.runtimes.process.readiness import READY_S, await_ready
from harness.runtimes.procs import Proc, family, members
from harness.runtimes.recovery import RecoveryFile
from harness.runtimes.sockets import canary, open_client
from harness.runtimes.toxiproxy import ToxiproxyServer
from harness.target import Target

END_S = 2.0  # chosen: the kernel ends a killed process within milliseconds
POLL_S = 0.02


async def _no_counts(link: str) -> Mapping[str, int]:
    return {}


class Site:
    """The programs of a run, from its recovery file alone.

    Args:
        recovery: the file.
        clock: run clock.
        target: knows what the ends of a link count; a process that only heals needs none.
    """

    def __init__(self, recovery: RecoveryFile, clock: Clock, target: Target | None = None) -> None:
        """Open clients; nothing is sent or started."""
        self.recovery = recovery
        self.clock = clock
        self.launcher = Launcher(recovery)
        self.client = open_client()
        self.canaries = open_client(keep_alive=False)
        self.toxiproxy = ToxiproxyServer(recovery.read()["api"], self.client, recovery.token())
        self.links = ToxiproxyLinks(
            self.toxiproxy,
            recovery,
            clock,
            self.canaries,
            restart=self.restart_toxiproxy,
            counts=Counting(self.client, recovery, target) if target else _no_counts,
        )

    async def close(self) -> None:
        """Close the clients; what runs goes on."""
        self.launcher.disown()
        await self.client.aclose()
        await self.canaries.aclose()

    def service(self, name: str) -> Mapping[str, Any]:
        """What is on record of a service: address, protocol, ready_path, scripted.

        Raises:
            UnsupportedFault: the run has no such service; names those it has.
        """
        services = self.recovery.read()["services"]
        if name not in services:
            raise UnsupportedFault(f"no service {name!r} in this run; it has {', '.join(services)}")
        return dict(services[name])

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
        service = self.service(program)
        address, path = service["address"], service["ready_path"]

        async def ready() -> bool:
            return await canary(self.canaries, service["protocol"], address, path) == "ok"

        called = f"GET http://{address}{path} -> 200"
        what = called if service["protocol"] == "http" else f"a session at {address}"
        await await_ready(program, ready, self.launcher, self.clock, what=what, within_s=within_s)

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
            await self.clock.sleep(POLL_S)
        self.launcher.reap()
        return left

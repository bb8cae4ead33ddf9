"""A run as any process can take hold of it: what to start, what to ask, what to control."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from harness.clock import Clock
from harness.errors import PlaceTaken, RuntimeFailure
from harness.private import user_name
from harness.procfs import Proc
from harness.runtimes.process.cleanup import kill, until_gone
from harness.runtimes.process.launch import Launcher
from harness.runtimes.process.readiness import await_ready
from harness.runtimes.real.listeners import holds_all, listening
from harness.runtimes.real.procs import family, members, recorded, serves, users_of
from harness.runtimes.real.recovery import RecoveryFile
from harness.runtimes.real.sites import TOXIPROXY, TOXIPROXY_S, RealSite
from harness.target import Target


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

    def manager_of(self, database: str) -> str:
        """What starts a database and decides whether it leads; "" where the run itself does."""
        services = self.recovery.read()["services"].items()
        return next((name for name, one in services if one["manages"] == database), "")

    def manages(self, program: str) -> str:
        """The database that a program manages; "" for none."""
        services = self.recovery.read()["services"]
        return str(services[program]["manages"]) if program in services else ""

    def family(self, program: str) -> list[Proc]:
        """The living processes of a program, itself first."""
        self.launcher.reap()
        return family(self.recovery.read(), program)

    def strays(self, data: Path) -> list[Proc]:
        """Living children of a database whose program is gone: they would keep its successor from
        starting."""
        everything = members(self.recovery.read())
        return [proc for proc in everything if not proc.program and serves(proc, data)]

    async def _await(
        self, program: str, works: Callable[[], Awaitable[bool]], what: str, within_s: float
    ) -> None:
        prove = partial(self.prove, program)
        await await_ready(
            program, works, self.launcher, self.clock, prove=prove, what=what, within_s=within_s
        )

    async def prove(self, program: str) -> None:
        """See that it is our program that takes connections at its address."""
        state, address = self.recovery.read(), self.address(program)
        sockets = listening(int(address.rsplit(":", 1)[1]))
        if not sockets:
            raise RuntimeFailure(f"nobody listens at {address}, the address of {program}")
        strangers = {*sockets.values()} - users_of(database=self._is_database(program))
        if not strangers and holds_all(recorded(state, program), set(sockets)):
            return
        if strangers or not holds_all(family(state, program), set(sockets)):
            raise PlaceTaken(
                f"somebody else listens at {address}, the address of {program}: "
                f"{', '.join(sorted(set(map(user_name, sockets.values()))))}; nothing was sent; "
                "end that program, or run again to get other ports"
            )

    def _is_database(self, program: str) -> bool:
        """Whether it is one, or starts one."""
        one = self.recovery.read()["services"].get(program, {})
        return bool(one) and (one["protocol"] == "postgres" or bool(one["manages"]))

    async def restart_toxiproxy(self) -> None:
        """End our Toxiproxy, hanging or not, and start it again with no proxies."""
        await self.end(self.family(TOXIPROXY))
        self.launcher.start(TOXIPROXY)
        await self.toxiproxy_ready(TOXIPROXY_S)

    async def end(self, procs: list[Proc]) -> None:
        """Kill processes and wait until they are gone."""
        self.launcher.expect(procs)
        await kill(procs, self.clock, self.launcher.reap)

    async def until_gone(self, procs: list[Proc], within_s: float) -> list[Proc]:
        """Wait for processes to end.

        Returns:
            those that did not.
        """
        return await until_gone(procs, within_s, self.clock, self.launcher.reap)

"""A run in containers as any process can take hold of it: what to ask, what to control."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from harness.clock import Clock
from harness.errors import RuntimeFailure, UnsupportedFault
from harness.runtimes.counting import Counting
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.plan import TOXIPROXY
from harness.runtimes.links import ToxiproxyLinks
from harness.runtimes.recovery import RecoveryFile
from harness.runtimes.sockets import canary, open_client
from harness.runtimes.toxiproxy import ToxiproxyServer
from harness.target import Target

READY_S = 20.0  # chosen: five times what a loaded machine of 2 cores takes
POLL_S = 0.02
ENDED = ("exited", "dead")


async def _no_counts(link: str) -> Mapping[str, int]:
    return {}


class Site:
    """The containers of a run, from its recovery file alone.

    Args:
        recovery: the file.
        clock: run clock.
        target: knows what the ends of a link count; a process that only heals needs none.

    Raises:
        RuntimeFailure: no engine answers.
    """

    def __init__(self, recovery: RecoveryFile, clock: Clock, target: Target | None = None) -> None:
        """Connect to the engine; nothing is started."""
        self.recovery = recovery
        self.clock = clock
        state = recovery.read()
        self.engine = Engine(state["mark"])
        self.client = open_client()
        self.canaries = open_client(keep_alive=False)
        self.toxiproxy = ToxiproxyServer(state["api"], self.client, recovery.token())
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
        await self.client.aclose()
        await self.canaries.aclose()
        self.engine.close()

    def service(self, name: str) -> Mapping[str, Any]:
        """What is on record of a service: address, protocol, ready_path, scripted.

        Raises:
            UnsupportedFault: the run has no such service; names those it has.
        """
        services = self.recovery.read()["services"]
        if name not in services:
            raise UnsupportedFault(f"no service {name!r} in this run; it has {', '.join(services)}")
        return dict(services[name])

    async def inspect(self, program: str) -> Mapping[str, Any]:
        """What the engine says of a container now."""
        container = await self.engine.container(program)
        return dict(container.attrs)

    async def ready(self, program: str, within_s: float = READY_S) -> None:
        """Wait until a service does real work.

        Raises:
            RuntimeFailure: its container ended, or the time is over; with its last words.
        """
        service = self.service(program)
        address, path = service["address"], service["ready_path"]
        called = f"GET http://{address}{path} -> 200"
        what = called if service["protocol"] == "http" else f"a session at {address}"

        async def works() -> bool:
            return await canary(self.canaries, service["protocol"], address, path) == "ok"

        await self._await(program, works, what, within_s)

    async def toxiproxy_ready(self, within_s: float = READY_S) -> None:
        """Wait until Toxiproxy's control port answers."""
        what = f"GET http://{self.toxiproxy.address}/version -> 200"
        await self._await(TOXIPROXY, self.toxiproxy.answers, what, within_s)

    async def _await(
        self, program: str, works: Callable[[], Awaitable[bool]], what: str, within_s: float
    ) -> None:
        t_begin_s, asked_s = self.clock.now_s(), self.clock.now_s()
        while not await works():
            now_s = self.clock.now_s()
            ended = False
            if now_s - asked_s > 0.5:  # the engine is asked less often than the service
                asked_s = now_s
                ended = (await self.inspect(program))["State"]["Status"] in ENDED
            if ended or now_s - t_begin_s >= within_s:
                raise RuntimeFailure(
                    f"{program}: awaited {what} for {now_s - t_begin_s:.1f} s"
                    f"{await self.engine.last_words(program)}\n  next: harness doctor"
                )
            await self.clock.sleep(POLL_S)

    async def restart_toxiproxy(self) -> None:
        """End our Toxiproxy, hanging or not, and start it again with no proxies."""
        container = await self.engine.container(TOXIPROXY)
        await self.engine.call("restarting toxiproxy", container.restart, timeout=0)
        await self.toxiproxy_ready(4.0)

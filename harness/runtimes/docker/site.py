"""A run in containers as any process can take hold of it: what to ask, what to control."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from harness.clock import Clock
from harness.errors import RuntimeFailure
from harness.json_types import JsonObject
from harness.runtimes.docker.engine import Engine
from harness.runtimes.docker.exits import Exits
from harness.runtimes.docker.heads import Heads
from harness.runtimes.real.recovery import RecoveryFile
from harness.runtimes.real.sites import LONGER, READY_POLL_S, TOXIPROXY, TOXIPROXY_S, RealSite
from harness.target import Target

ENDED = ("exited", "dead")


class Site(RealSite):
    """The containers of a run.

    Raises:
        RuntimeFailure: no engine answers.
    """

    def __init__(self, recovery: RecoveryFile, clock: Clock, target: Target | None = None) -> None:
        """Connect to the engine; nothing is started."""
        state = recovery.read()
        self.engine = Engine(state["mark"], owner=state["owner"])
        self.exits = Exits(state["mark"])
        self.heads = Heads(self.engine)
        super().__init__(recovery, clock, target)

    async def close(self) -> None:
        """Close the clients; what runs goes on."""
        await super().close()
        self.exits.close()
        self.engine.close()

    async def inspect(self, program: str) -> JsonObject:
        """What the engine says of a container now."""
        container = await self.engine.container(program)
        return dict(container.attrs)

    async def prove(self, program: str) -> None:
        """See that the run's own container has the address: the engine gives it to one alone."""
        address, attrs = self.address(program), await self.inspect(program)
        networks = attrs["NetworkSettings"]["Networks"].values()
        has = [network.get("IPAddress") for network in networks]
        if attrs["State"]["Status"] in ENDED or address.rsplit(":", 1)[0] not in has:
            raise RuntimeFailure(
                f"the container of {program} is {attrs['State']['Status']} and has {has}, not "
                f"{address}; nothing was sent; run: harness faults clear"
            )

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
                longer = "" if ended else f"give it longer: {LONGER}; "
                raise RuntimeFailure(
                    f"{program}: awaited {what} for {now_s - t_begin_s:.1f} s"
                    f"{await self.engine.last_words(program)}\n  next: {longer}harness doctor"
                )
            await self.clock.sleep(READY_POLL_S)

    async def restart_toxiproxy(self) -> None:
        """End our Toxiproxy, hanging or not, and start it again with no proxies."""
        container = await self.engine.container(TOXIPROXY)
        with self.exits.asked(TOXIPROXY) if container.status == "running" else nullcontext():
            await self.engine.call("restarting toxiproxy", container.restart, timeout=0)
        await self.toxiproxy_ready(TOXIPROXY_S)

"""A run on real sockets as any process can take hold of it: whom to ask, what to look at."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

from harness.clock import Clock, until
from harness.errors import RuntimeFailure, UnsupportedFault
from harness.json_types import JsonObject
from harness.ports import Observation
from harness.runtimes.real.counting import Counting
from harness.runtimes.real.foreign_proxies import nobody_to_prove
from harness.runtimes.real.links import ToxiproxyLinks
from harness.runtimes.real.recovery import RecoveryFile
from harness.runtimes.real.sockets import canary, open_client, timed_canary
from harness.runtimes.real.toxiproxy import ToxiproxyServer
from harness.target import Target

TOXIPROXY = "toxiproxy"  # the program; also the name under which it is started
LONGER = "ready: {within: 60s} of the program in target.yaml"  # what a person may write
READY_S = 20.0  # chosen: ten times what a loaded machine of 2 cores takes
READY_POLL_S = 0.02
TOXIPROXY_S = 4.0  # chosen: it listens within 50 ms; leaves time for another try
WAKE_S = 3.0  # chosen: a service that stood still answers within milliseconds
BACK_S = 10.0  # chosen: what an undo may take
POLL_S = 0.05
IDLE_S = 30.0  # chosen: from one fault to the next; Toxiproxy itself closes after 60 s


async def _no_counts(link: str) -> Mapping[str, int]:
    return {}


class RealSite(ABC):
    """The programs of a run, from its recovery file alone.

    Args:
        recovery: the file.
        clock: run clock.
        target: knows what the ends of a link count; a process that only heals needs none.
    """

    def __init__(self, recovery: RecoveryFile, clock: Clock, target: Target | None = None) -> None:
        """Open clients; nothing is sent or started. `orders` keeps its proven connections."""
        self.recovery = recovery
        self.clock = clock
        self.client = open_client()
        self.orders = open_client(IDLE_S)
        self.canaries = open_client()
        self.toxiproxy = ToxiproxyServer(
            recovery.read()["api"], self.orders, recovery.token(), partial(self.prove, TOXIPROXY)
        )
        self.counts = Counting(self.orders, recovery, target, self.prove) if target else _no_counts
        self.links = ToxiproxyLinks(
            self.toxiproxy,
            recovery,
            clock,
            self.canaries,
            restart=self.restart_toxiproxy,
            counts=self.counts,
            foreign=self._foreign_server(),
        )

    def _foreign_server(self) -> ToxiproxyServer | None:
        """A Toxiproxy that stood before the run; None when no link goes through it."""
        address, token = self.recovery.read().get("foreign_api", ""), self.recovery.foreign_token()
        if not address:
            return None
        return ToxiproxyServer(address, self.orders, token, nobody_to_prove)

    async def stands(self, name: str) -> None:
        """Wait until a service that the run does not start works.

        Raises:
            RuntimeFailure: it does not in time.
        """
        within_s = self.service(name)["ready_s"] or READY_S
        if not await until(partial(self.works, name), self.clock, within_s=within_s):
            raise RuntimeFailure(
                f"{name} should stand already: awaited {self.awaited(name)} for {within_s:g} s; "
                f"it gets {await self.canary(name)}\n"
                "  next: start it, or mend running: and ready: of the target"
            )

    async def traffic(self, service: str) -> Mapping[str, int]:
        """What is counted on every link to a service, each apart: `attempted lending->risk`."""
        to_it = [name for name, link in self.recovery.links().items() if link["callee"] == service]
        found = await asyncio.gather(*map(self.counts, to_it))
        return {
            f"{name} {link}": number
            for link, counts in zip(to_it, found, strict=True)
            for name, number in counts.items()
        }

    async def close(self) -> None:
        """Close the clients; what runs goes on."""
        await self.client.aclose()
        await self.orders.aclose()
        await self.canaries.aclose()

    def service(self, name: str) -> JsonObject:
        """What is on record of a service: address, protocol, ready_path, scripted.

        Raises:
            UnsupportedFault: the run has no such service; names those it has.
        """
        services = self.recovery.read()["services"]
        if name not in services:
            raise UnsupportedFault(f"no service {name!r} in this run; it has {', '.join(services)}")
        return dict(services[name])

    def awaited(self, name: str) -> str:
        """What a service does once it is ready, in words."""
        service = self.service(name)
        address, path = service["address"], service["ready_path"]
        called = f"GET http://{address}{path} -> 200"
        if service["protocol"] == "http":
            return called
        what = "a session" if service["protocol"] == "postgres" else "a connection"
        return f"{what} at {address}"

    def address(self, program: str) -> str:
        """Where a service, or Toxiproxy for its control, listens: `host:port`."""
        state = self.recovery.read()
        return str(state["api"] if program == TOXIPROXY else state["services"][program]["address"])

    async def ready(self, program: str, within_s: float = READY_S) -> None:
        """Wait until a service does real work, as long as the target says, where it does.

        Raises:
            RuntimeFailure: it ended, or the time is over; with its last words.
        """
        within_s = self.service(program)["ready_s"] or within_s
        await self._await(program, partial(self.works, program), self.awaited(program), within_s)

    async def toxiproxy_ready(self, within_s: float = READY_S) -> None:
        """Wait until Toxiproxy's control port answers."""
        what = f"GET http://{self.toxiproxy.address}/version -> 200"
        await self._await(TOXIPROXY, self.toxiproxy.answers, what, within_s)

    @abstractmethod
    async def _await(
        self, program: str, works: Callable[[], Awaitable[bool]], what: str, within_s: float
    ) -> None:
        """Wait until a program works; see `ready`."""

    async def works(self, name: str) -> bool:
        """Whether a service is ready."""
        return await self.canary(name) == "ok"

    async def canary(self, name: str) -> str:
        """What a harmless request to a service gets, straight, past every link."""
        service = self.service(name)
        return await canary(
            self.canaries, service["protocol"], service["address"], service["ready_path"]
        )

    @abstractmethod
    async def prove(self, program: str) -> None:
        """See that it is our program that takes connections at its address, before a secret goes.

        Raises:
            RuntimeFailure: nobody listens there, or somebody else does; says who.
        """

    @abstractmethod
    async def restart_toxiproxy(self) -> None:
        """End our Toxiproxy, hanging or not, and start it again with no proxies."""


S = TypeVar("S", bound=RealSite)


class RealServices(ABC, Generic[S]):
    """Looking at the services of a run.

    Args:
        site: the run.
    """

    def __init__(self, site: S) -> None:
        """Remember it."""
        self._site = site

    async def healthy(self, where: str) -> Mapping[str, object]:
        """A service of a run runs."""
        self._site.service(where)
        return {"state": "running"}

    async def observe(self, where: str) -> Observation:
        """A canary straight to the service, past every link; what the machine says of it."""
        service, clock = self._site.service(where), self._site.clock
        address, path = service["address"], service["ready_path"]
        (result, latency_s), state, counts = await asyncio.gather(
            timed_canary(self._site.canaries, clock, service["protocol"], address, path),
            self._process_state(where),
            self._site.traffic(where),
        )
        return Observation(clock.now_s(), result, latency_s, counts, state)

    @abstractmethod
    async def _process_state(self, service: str) -> Mapping[str, object]:
        """What the machine says of a service: pid, start_time, proc_state, exit_code."""

    async def ready(self, where: str, within_s: float = BACK_S) -> None:
        """Wait until it answers.

        A service that answers "not ready" is back: what it lacks is another fault's doing.

        Raises:
            RuntimeFailure: it did not in time.
        """
        clock = self._site.clock
        postgres = self._site.service(where)["protocol"] == "postgres"
        enough = ("ok",) if postgres else ("ok", "error")
        deadline_s = clock.now_s() + within_s
        while (result := await self._site.canary(where)) not in enough:
            if clock.now_s() >= deadline_s:
                raise RuntimeFailure(f"{where} gets {result} after {within_s:g} s; need ok")
            await clock.sleep(POLL_S)

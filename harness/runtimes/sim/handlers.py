"""Makes the surroundings of one life of a service."""

from __future__ import annotations

import asyncio
import importlib
import random
from collections.abc import Coroutine, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache

from harness.clock import Clock
from harness.rng import Seed
from harness.runtimes.sim.asgi import App
from harness.runtimes.sim.host import Home
from harness.runtimes.sim.messages import JSON, Ask, Headers, Reply
from harness.runtimes.sim.network import Network
from harness.runtimes.sim.service_context import Factory, Surroundings
from harness.runtimes.sim.wire import DatabaseWay, Wire

ADDRESSES = 64  # chosen: more than a target has
TRANSPORT = "harness.runtimes.sim.transport"  # by name: only services that use httpx pay for it


@dataclass(frozen=True)
class Hands:
    """What all services of a run share.

    Args:
        clock: the service clock.
    """

    network: Network
    clock: Clock
    seed: int
    token: str
    disk: MutableMapping[str, object]

    def make(self, factory: Factory, config: Mapping[str, object], home: Home) -> App:
        """The application of one life."""
        return factory(config, self.around(home))

    def around(self, home: Home) -> Surroundings:
        """The surroundings of one life."""
        network = self.network

        async def exchange(
            method: str, url: str, body: bytes | None, timeout_s: float, more: Headers = ()
        ) -> Reply:
            if not home.alive:
                raise ConnectionResetError("the caller is gone")
            authority, _, path = url.removeprefix("http://").partition("/")
            headers = (*more, *(() if body is None else JSON))
            ask = Ask(method, "/" + path, headers, body or b"")
            return await network.send(network.end(*_address(authority)), ask, timeout_s)

        async def call(
            method: str, url: str, body: bytes | None, timeout_s: float
        ) -> tuple[int, bytes]:
            reply = await exchange(method, url, body, timeout_s)
            return reply.status, reply.body

        def way(host: str, port: int, timeout_s: float) -> DatabaseWay:
            wire = network.end(host, port)
            assert isinstance(wire, Wire), f"{host}:{port} is no link"
            return wire.way(home, timeout_s)

        def spawn(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
            return network.loop.create_task(work)

        def dice(name: str) -> random.Random:
            return Seed(self.seed).stream(name)

        def transport() -> object:
            return importlib.import_module(TRANSPORT).SimTransport(network, home)

        return Surroundings(
            self.clock, dice, call, exchange, transport, way, spawn, self.token, self.disk
        )


@lru_cache(maxsize=ADDRESSES)
def _address(authority: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = authority.partition(":")
    return host, int(port or 80)

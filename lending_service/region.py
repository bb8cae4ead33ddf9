"""Active-passive: of two instances one writes, under an epoch that stands in the database.

    passive ──the epoch is free──> writer: works off the outbox, takes writes
       ^                             │ not renewed in time, or another instance has it
       └─────────────────────────────┘

A passive instance answers reads from its own region and forwards writes; where the other instance
is unreachable too it refuses them, with the reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from lending_service.forwarding import signing
from lending_service.ports import Clock
from lending_service.stores.epochs import PASSIVE
from lending_service.stores.port import StoreUnavailable
from lending_service.viewing import VIEWING
from lending_service.worker import Report, Spawn

LEASE_S, LOOK_S = 2.5, 0.5  # chosen: a renewal may be late by four looks
MARGIN_S = 0.5  # chosen: the own clock ends a lease before the database does


NOBODY, UNFENCED = 0, 0


class Work(Protocol):
    """What only the writer does."""

    async def start(self, spawn: Spawn) -> None:
        """Begin work on the outbox."""

    async def stop(self) -> None:
        """End it."""


class Fenced(Protocol):
    """A store whose transactions are of one epoch."""

    epoch: int


Held = Callable[[], Awaitable[int]]


class Region:
    """One of two instances; passive until it has looked.

    Args:
        name: of the instance.
        inner: answers what this instance answers itself.
        held: takes or renews the epoch; 0 while another instance has it. None: it writes whenever
            it is asked to, under no epoch.
        forward: takes the writes of a passive instance.
        report: told (what, text) of each change.
    """

    def __init__(
        self,
        name: str,
        work: Work,
        inner: ASGIApp,
        store: Fenced,
        held: Held | None,
        forward: ASGIApp,
        clock: Clock,
        spawn: Spawn,
        report: Report,
    ) -> None:
        self._name, self._work, self._inner, self._store = name, work, inner, store
        self._held, self._forward = held, forward
        self._clock, self._spawn, self._report = clock, spawn, report
        self._epoch, self._until_s = NOBODY, 0.0
        self._writes = False
        store.epoch = PASSIVE

    async def watch(self) -> None:
        """For ever."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        """Learn who writes, and do what follows from it."""
        if self._held is None:
            await self._become(UNFENCED, writes=True)
            return
        asked_s = self._clock.now_s()
        try:
            epoch = await self._held()
        except StoreUnavailable:
            epoch = self._epoch if self._clock.now_s() < self._until_s else NOBODY
        else:
            self._until_s = asked_s + LEASE_S - MARGIN_S
        await self._become(epoch, writes=epoch != NOBODY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer reads; take writes, or hand them on."""
        reads = scope["type"] != "http" or scope["method"] in ("GET", "HEAD")
        VIEWING.set(reads and not self._writes)
        if reads:
            await self._inner(scope, receive, send)
        elif self._writes:
            writer = f"{self._name}/{self._epoch}"
            await self._inner(scope, receive, signing(send, writer))
        else:
            await self._forward(scope, receive, send)

    async def _become(self, epoch: int, *, writes: bool) -> None:
        if (epoch, writes) == (self._epoch, self._writes):
            return
        if self._writes:
            self._report("region", f"{self._name}: epoch {self._epoch} is over")
            self._writes, self._store.epoch = False, PASSIVE
            await self._work.stop()
        self._epoch = epoch
        if writes:
            await self._begin(epoch)

    async def _begin(self, epoch: int) -> None:
        """Write from now on; tried again at the next look where the outbox cannot be read."""
        self._store.epoch = epoch
        try:
            await self._work.start(self._spawn)
        except StoreUnavailable:
            self._epoch, self._store.epoch = NOBODY, PASSIVE
            return
        self._writes = True
        self._report("region", f"{self._name}: writes under epoch {epoch}")

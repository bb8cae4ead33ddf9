"""A service from its first task to its last: alone, or as one of two instances."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
from starlette.types import ASGIApp

from lending_service.app import Service
from lending_service.design import Design
from lending_service.forwarding import Forwarder
from lending_service.ports import Clock
from lending_service.region import LEASE_S, Region
from lending_service.stores.port import Store
from lending_service.stores.postgres import PostgresStore
from lending_service.viewing import looking


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The other one of two instances.

    Args:
        url: where it takes what this one forwards.
        grace_s: how much later than its end this one takes over the other's epoch.
    """

    url: str
    grace_s: float


@dataclass(frozen=True)
class Instance:
    """What an instance is.

    Args:
        peer: the other one; None for a service that is alone.
        report: told (what, text) of who writes.
    """

    name: str
    peer: Peer | None
    design: Design
    store: Store
    clock: Clock
    report: Callable[[str, str], None]


@asynccontextmanager
async def at_work(instance: Instance, service: Service) -> AsyncIterator[ASGIApp]:
    """The application of a service that has begun."""
    split = instance.design.reads_from == "standby"
    inner = looking(service.asgi) if split else service.asgi
    store, peer = instance.store, instance.peer
    try:
        if peer is not None and isinstance(store, PostgresStore):
            async with _in_turn(instance, peer, store, service, inner) as asgi:
                yield asgi
        else:
            await service.start(asyncio.get_running_loop().create_task)
            yield inner
    finally:
        await service.stop()


@asynccontextmanager
async def _in_turn(
    instance: Instance, peer: Peer, store: PostgresStore, service: Service, inner: ASGIApp
) -> AsyncIterator[ASGIApp]:
    """The application of one of two instances, once it knows which of them writes."""
    name, design, clock = instance.name, instance.design, instance.clock
    spawn = asyncio.get_running_loop().create_task
    epochs = store.epochs(name, LEASE_S, peer.grace_s)
    await epochs.prepare()
    held = epochs.held if design.writer == "lease" else None
    forward = Forwarder(peer.url, name, design.errors)
    region = Region(name, service, inner, store, held, forward, clock, spawn, instance.report)
    await region.look()
    watching = spawn(region.watch())
    try:
        yield region
    finally:
        watching.cancel()
        await forward.close()

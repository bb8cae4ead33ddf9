"""The service in process: without a socket, its store in memory, for whoever calls ASGI itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from lending_service.app import Service, build
from lending_service.book import book
from lending_service.design import Design
from lending_service.domain import Record
from lending_service.ports import Clock, NoReply, Refused, Reply
from lending_service.simulated.remote_pair import RemotePair, SplitReads, WayToPrimary
from lending_service.simulated.remote_store import WAIT_S, Way
from lending_service.simulated.replicated_store import ReplicatedStore
from lending_service.statuses import retry_after_s
from lending_service.stores.memory import Place
from lending_service.viewing import looking

DATABASE = "database"  # on the disk, by the name of the service that keeps it


BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)  # of the calendar in virtual time; chosen


Headers = tuple[tuple[bytes, bytes], ...]


class Received(Protocol):
    """A reply as it came."""

    @property
    def status(self) -> int:
        """Of HTTP."""

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """Names in lower case."""

    @property
    def body(self) -> bytes:
        """As sent."""


class Around(Protocol):
    """What the service is handed.

    `exchange` sends (method, URL, JSON body, time-out in s) and gives the reply. It raises
    ConnectionRefusedError when nothing was sent and another OSError when it may have been.
    """

    @property
    def clock(self) -> Clock:
        """The service clock."""

    @property
    def dice(self) -> Callable[[str], random.Random]:
        """Name -> dice of its own."""

    @property
    def exchange(self) -> Callable[[str, str, bytes | None, float, Headers], Awaitable[Received]]:
        """Sends a request, with further headers."""

    @property
    def way(self) -> Callable[[str, int, float], Way]:
        """(host, port, time-out in s) -> a way to the database there."""

    @property
    def spawn(self) -> Callable[[Coroutine[object, object, None]], asyncio.Task[None]]:
        """Lets a coroutine run in the background."""

    @property
    def disk(self) -> MutableMapping[str, Any]:
        """Outlives the service."""


class AsgiClient:
    """The client port in process.

    Args:
        upstreams: base URL by name.
    """

    def __init__(self, upstreams: Mapping[str, str], around: Around) -> None:
        self._upstreams = dict(upstreams)
        self._exchange = around.exchange
        self._clock = around.clock

    async def call(
        self,
        dependency: str,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        timeout_s: float,
        key: str = "",
    ) -> Reply:
        """One request, one reply; see `ports.Client`."""
        raw = None if body is None else msgspec.json.encode(body)
        try:
            url = self._upstreams[dependency] + path
            reply = await self._exchange(method, url, raw, timeout_s, _shown(key))
        except ConnectionRefusedError as error:
            raise Refused(f"{method} {dependency}{path}: {error}") from error
        except OSError as error:
            raise NoReply(f"{method} {dependency}{path}: {error}") from error
        return Reply(reply.status, _decoded(reply.body), self._retry_after_s(reply))

    def _retry_after_s(self, reply: Received) -> float | None:
        if reply.status < 400:
            return None
        told = {name: value.decode("latin-1") for name, value in reply.headers}
        now = BEGINNING + timedelta(seconds=self._clock.now_s())
        return retry_after_s(told.get(b"retry-after"), told.get(b"date"), now)


def _shown(key: str) -> Headers:
    return ((b"authorization", b"Bearer " + key.encode()),) if key else ()


def lending(config: Mapping[str, Any], around: Around) -> ASGIApp:
    """Make the service that `config` describes; its work begins with the lifespan.

    Raises:
        DesignError: the design cannot be used.
    """
    design = _design(msgspec.json.encode(config["design"]))
    place = config["database"]
    pair = _pair(config["book"]["borrowers"], design, around)
    kind = SplitReads if design.reads_from == "standby" else RemotePair
    way = around.way(place["host"], place["port"], WAIT_S)
    if others := place.get("others"):
        host, port = others[0]
        way = WayToPrimary(pair, (way, around.way(host, port, WAIT_S)))
    store = kind(pair, way, leaves=design.read_only_primary == "reconnect")
    parties = config["upstreams"]
    client = AsgiClient({name: one["url"] for name, one in parties.items()}, around)
    kinds = {name: one["kind"] for name, one in parties.items()}
    service = build(design, store, client, around.clock, around.dice(config["name"]), kinds)
    asgi = looking(service.asgi) if kind is SplitReads else service.asgi
    return _with_lifespan(service, asgi, around)


def _pair(borrowers: int, design: Design, around: Around) -> ReplicatedStore:
    """The database, as an earlier life of the service has left it, used as the design says."""
    if DATABASE not in around.disk:
        shelf = _shelf(borrowers, around.clock.now_s())
        around.disk[DATABASE] = ReplicatedStore(around.clock, 0.0, shelf)
    pair: ReplicatedStore = around.disk[DATABASE]
    pair.synchronous_commit = design.synchronous_commit
    pair.gives_up = design.commit_wait == "abandon"
    return pair


@lru_cache(maxsize=8)
def _design(document: bytes) -> Design:
    return Design.from_mapping(msgspec.json.decode(document))


@lru_cache(maxsize=4)
def _shelf(borrowers: int, now_s: float) -> Mapping[Place, Record]:
    """The book as a store keeps it; records never change, so worlds share them."""
    return {(type(record), record.id): record for record in book(borrowers, now_s)}


def _with_lifespan(service: Service, asgi: ASGIApp, around: Around) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await asgi(scope, receive, send)
            return
        await receive()
        await service.start(around.spawn)
        await send({"type": "lifespan.startup.complete"})
        await receive()

    return app


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}

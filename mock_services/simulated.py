"""A stand-in in process: the same program without a socket, for whoever calls ASGI itself."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_services.calls import ReplyLost
from mock_services.clock import Clock
from mock_services.config import Config
from mock_services.journal import MemoryJournal
from mock_services.kinds import KINDS
from mock_services.stand_in import World

CALLBACK_TIMEOUT_S = 2.0  # as the program on sockets
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)  # of the calendar in virtual time; chosen


class Around(Protocol):
    """What the stand-in is handed.

    `call` sends (method, URL, JSON body, time-out in s) and gives status and body, or an OSError.
    """

    @property
    def clock(self) -> Clock:
        """The service clock."""

    @property
    def dice(self) -> Callable[[str], random.Random]:
        """Name -> dice of its own."""

    @property
    def call(self) -> Callable[[str, str, bytes | None, float], Awaitable[tuple[int, bytes]]]:
        """Sends a request."""

    @property
    def spawn(self) -> Callable[[Coroutine[object, object, None]], object]:
        """Lets a coroutine run in the background."""

    @property
    def token(self) -> str:
        """Of the control routes."""

    @property
    def disk(self) -> MutableMapping[str, Any]:
        """Outlives the stand-in."""


def stand_in(config: Mapping[str, object], around: Around) -> ASGIApp:
    """Make the stand-in that `config` describes.

    Raises:
        InvalidDocument: its options are wrong.
    """
    read = msgspec.convert(config, Config)

    async def send_callback(url: str, body: dict[str, object]) -> str:
        _, text = await around.call("POST", url, msgspec.json.encode(body), CALLBACK_TIMEOUT_S)
        return text.decode()

    def calendar() -> datetime:
        return BEGINNING + timedelta(seconds=around.clock.now_s())

    journal = MemoryJournal(around.disk.setdefault(f"journal/{read.name}", []))
    world = World(
        around.clock, around.dice, send_callback, around.spawn, around.token, journal, calendar
    )
    return hanging_up(KINDS[read.kind].build(read, world))


def hanging_up(app: ASGIApp) -> ASGIApp:
    """Turn `ReplyLost` into a closed connection: `extensions["hang_up"]` of the scope does it."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            await app(scope, receive, send)
        except ReplyLost:
            scope["extensions"]["hang_up"]()

    return wrapped

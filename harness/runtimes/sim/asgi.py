"""Calls an ASGI application as a server would: requests, the lifespan, a connection that closes.

An application may close the connection without a reply: it calls `extensions["hang_up"]` of its
scope and returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from harness.errors import RuntimeFailure
from harness.runtimes.sim.messages import BROKEN, Ask, Reply

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, object], Receive, Send], Awaitable[None]]
VERSIONS = {"version": "3.0", "spec_version": "2.3"}
HANG_UP = "hang_up"
SCOPE: dict[str, object] = {
    "type": "http",
    "asgi": VERSIONS,
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
}
Done = Callable[[Reply | None], None]


class Exchange:
    """One request in an application.

    Args:
        done: told the reply as soon as it is whole; None when the connection closes without one.
        among: the open ones, of which it is one until then.
    """

    __slots__ = (
        "_among", "_ask", "_body", "_closed", "_done", "_headers", "_loop", "_status", "_taken",
    )  # fmt: skip

    def __init__(
        self, ask: Ask, loop: asyncio.AbstractEventLoop, done: Done, among: dict[Exchange, None]
    ) -> None:
        among[self] = None
        self._among = among
        self._ask = ask
        self._loop = loop
        self._done: Done | None = done
        self._status = 0
        self._headers: Any = ()
        self._body = b""
        self._taken = False
        self._closed: asyncio.Future[None] | None = None

    async def run(self, app: App, state: dict[str, object]) -> None:
        """Let the application answer; one that raises or says nothing is a 500."""
        try:
            await app(self._scope(state), self.receive, self.send)
        except Exception:
            self.finish(BROKEN)
        if self._done is not None:
            self.finish(BROKEN)

    def finish(self, reply: Reply | None) -> None:
        """Close; only the first word counts."""
        if self._done is not None:
            done, self._done = self._done, None
            del self._among[self]
            done(reply)
            if self._closed is not None and not self._closed.done():
                self._closed.set_result(None)

    def hang_up(self) -> None:
        """Close the connection without a reply."""
        self.finish(None)

    async def receive(self) -> Message:
        """The body, then (once the connection is closed) the end."""
        if not self._taken:
            self._taken = True
            return {"type": "http.request", "body": self._ask.body, "more_body": False}
        if self._done is not None:
            self._closed = self._loop.create_future()
            await self._closed
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Collect the reply."""
        kind = message["type"]
        if kind == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self.finish(Reply(self._status, self._headers, self._body))
        elif kind == "http.response.start":
            self._status, self._headers = message["status"], message.get("headers", ())

    def _scope(self, state: dict[str, object]) -> dict[str, object]:
        ask = self._ask
        path, _, query = ask.path.partition("?")
        scope = SCOPE.copy()
        scope["method"] = ask.method
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = path.encode()
        scope["query_string"] = query.encode()
        scope["headers"] = ask.headers
        scope["state"] = state.copy()
        scope["extensions"] = {HANG_UP: self.hang_up}
        return scope


class Lifespan:
    """The start of an application; its end is a killed process.

    Args:
        name: of the service, for errors.
    """

    def __init__(self, app: App, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._name = name
        self._asked = False
        self._never = loop.create_future()
        self.started = loop.create_future()
        self.state: dict[str, object] = {}

    async def run(self) -> None:
        """For as long as the process lives; an application without a lifespan needs none."""
        scope: dict[str, object] = {"type": "lifespan", "asgi": VERSIONS, "state": self.state}
        try:
            await self._app(scope, self._receive, self._send)
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and self.started.done():
                raise
            if self._asked and not self.started.done():
                self.started.set_exception(RuntimeFailure(f"{self._name} did not start: {error!r}"))
        if not self.started.done():
            self.started.set_result(None)

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "lifespan.startup"}
        await self._never
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        if self.started.done():
            return
        if message["type"] == "lifespan.startup.complete":
            self.started.set_result(None)
        elif message["type"] == "lifespan.startup.failed":
            why = message.get("message", "")
            self.started.set_exception(RuntimeFailure(f"{self._name} did not start: {why}"))

"""Whom a stand-in hangs up on: where a reply is lost, and on other users of the machine."""

from __future__ import annotations

import logging
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_services.calls import ReplyLost
from mock_services.peers import is_stranger

log = logging.getLogger("mock_services")
EXTENSION = "mock_services.hang_up"


class HangUpProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, with a way for the app to close the connection."""

    def connection_made(self, transport: Any) -> None:
        """Hang up on another user's program before it has said a word."""
        super().connection_made(transport)
        if is_stranger(transport.get_extra_info("socket")):
            log.warning("a connection of another user, from %s: closed", self.client)
            transport.abort()

    def on_message_begin(self) -> None:
        """Hand the app the transport's `abort`, as an ASGI extension."""
        super().on_message_begin()
        hang_up = {EXTENSION: self.transport.abort}
        self.scope["extensions"] = hang_up  # type: ignore[typeddict-item]  # ASGI allows any value


def hanging_up(app: ASGIApp) -> ASGIApp:
    """Turn `ReplyLost` into a closed connection; needs `HangUpProtocol`."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ReplyLost:
            scope["extensions"][EXTENSION]()
            # The server answers 500 for an app that returns early while it thinks that the
            # connection is open: wait until it has seen it close.
            while (await receive())["type"] != "http.disconnect":
                pass

    return wrapped

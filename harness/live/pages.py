"""Serves one page on loopback to whoever knows its token, and pushes each new one (SSE)."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import suppress

HEAD_MAX = 16 << 10  # bytes of a request; chosen
HEAD_S = 5.0
BEAT_S = 5.0  # chosen: how soon a reader that has gone is noticed
CLOSE_S = 2.0
HOSTS = ("127.0.0.1", "localhost")
HEADERS = (
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\nX-Frame-Options: DENY\r\nConnection: close\r\n"
)


class Pages:
    """One page that changes.

    Args:
        token: a secret part of its address.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._page = "<!doctype html><title>starting</title>"
        self._over = False
        self._changed = asyncio.Condition()
        self._number = 0
        self._readers: set[asyncio.Task[None]] = set()

    async def serve(self) -> str:
        """Listen on a free port of 127.0.0.1.

        Returns:
            the address of the page.
        """
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=HEAD_MAX)
        self._server = server
        self._port = server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{self._port}/{self._token}/"

    async def show(self, page: str, *, over: bool = False) -> None:
        """Push a new page; after the last one, readers are released."""
        async with self._changed:
            self._page, self._over, self._number = page, over, self._number + 1
            self._changed.notify_all()

    async def close(self) -> None:
        """Let readers take the last page, then end."""
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.gather(*self._readers, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is awaited by a task of the server
        self._readers.add(task)
        try:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError,
                          asyncio.LimitOverrunError):  # fmt: skip
                async with asyncio.timeout(HEAD_S):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                await self._route(head, writer)
        finally:
            self._readers.discard(task)
            writer.close()

    async def _route(self, head: str, writer: asyncio.StreamWriter) -> None:
        method, _, rest = head.partition("\r\n")[0].partition(" ")
        path = rest.partition(" ")[0]
        host = next((line.partition(":")[2].strip() for line in head.split("\r\n")
                     if line.lower().startswith("host:")), "")  # fmt: skip
        if host not in {f"{name}:{self._port}" for name in HOSTS}:
            await _send(writer, "403 Forbidden", "another host is named")  # a page elsewhere asks
        elif method != "GET":
            await _send(writer, "405 Method Not Allowed", "GET alone")
        elif _same(path, f"/{self._token}/"):
            await _send(writer, "200 OK", self._page, "text/html")
        elif _same(path, f"/{self._token}/events"):
            await self._push(writer)
        else:
            await _send(writer, "404 Not Found", "no such page")

    async def _push(self, writer: asyncio.StreamWriter) -> None:
        writer.write(_head("200 OK", "text/event-stream").encode())
        sent = -1
        while True:
            await self._news(sent)
            if self._number == sent:
                writer.write(b": still here\n\n")
            else:
                sent, over = self._number, self._over
                kind = "over" if over else "page"
                writer.write(f"event: {kind}\ndata: {json.dumps(self._page)}\n\n".encode())
            await writer.drain()
            if self._over and sent == self._number:
                return

    async def _news(self, sent: int) -> None:
        """Wait until there is another page than `sent`, or for a beat."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S), self._changed:
                await self._changed.wait_for(lambda: self._number != sent)


def _same(given: str, right: str) -> bool:
    return secrets.compare_digest(given.encode(), right.encode())


def _head(status: str, kind: str) -> str:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n{HEADERS}\r\n"


async def _send(
    writer: asyncio.StreamWriter, status: str, text: str, kind: str = "text/plain"
) -> None:
    writer.write(_head(status, kind).encode() + text.encode("utf-8", "backslashreplace"))
    await writer.drain()

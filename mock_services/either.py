"""A server that takes http and https at one port: what the first byte says, each connection is.

Whoever asks the stand-in as its callers do speaks TLS; whoever only looks whether it lives, or
writes rules and reads the ledger, need not.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import uvicorn

from mock_services.peers import is_stranger

HANDSHAKE = b"\x16"  # the first byte of a TLS connection, RFC 8446 5.1
FIRST_BYTE_S = 5.0  # chosen: longer than any latency that a link is given


class EitherServer(uvicorn.Server):
    """Uvicorn, with connections that it is handed one by one.

    Args:
        listener: bound and listening.
        certificate: PEM file with key and chain.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, certificate: str) -> None:
        super().__init__(config)
        self._listener = listener
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._open: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets=[])
        self._listener.setblocking(False)
        self._begin(self._accept())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, then end as uvicorn does."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await super().shutdown(sockets=[self._listener])

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            self._begin(self._hand_over(connection))

    async def _hand_over(self, connection: socket.socket) -> None:
        """Hand a connection to uvicorn's protocol, behind TLS where it begins so."""
        if is_stranger(connection):
            connection.close()
            return
        connection.setblocking(False)
        try:
            first = await asyncio.wait_for(_first_byte(connection), FIRST_BYTE_S)
            tls = self._tls if first == HANDSHAKE else None
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(self._protocol, connection, ssl=tls)
        except (OSError, TimeoutError):
            connection.close()  # a handshake that failed is the caller's affair
        except BaseException:
            connection.close()
            raise

    def _protocol(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        made: asyncio.Protocol = protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


async def _first_byte(connection: socket.socket) -> bytes:
    """What a connection begins with; it is not taken away."""
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection.fileno(), there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(connection.fileno())
    return connection.recv(1, socket.MSG_PEEK)

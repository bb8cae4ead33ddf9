"""How the harness asks services over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from harness.last_reads import READS_AT_ONCE
from harness.request import BODY_MAX
from harness.runtimes.real.sockets import fetched, open_client, send
from harness.target import Request

from .a_run import in_loop

MANY = 60  # three times as many as ever ask at once
SEVERAL = 300
ANSWER_S = 0.002


@contextmanager
def silence() -> Iterator[str]:
    """An address that takes no connection and refuses none: its queue is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request and close."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()


def test_a_service_that_hangs_does_not_end_the_talk_with_the_others() -> None:
    """Many are asked in vain, again and again; another is answered at once afterwards."""

    async def body() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        well = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        in_vain = Request("GET", "/livez", timeout_s=0.3)
        async with server, open_client() as client:
            with silence() as hanging:
                for _ in range(3):
                    asked = [send(client, hanging, in_vain) for _ in range(MANY)]
                    assert {one.error for one in await asyncio.gather(*asked)} == {"timeout"}
            assert (await send(client, well, Request("GET", "/livez"))).status == 200

    in_loop(body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_an_answer_and_is_not_followed(status: int) -> None:
    """What is attached does not choose whom the harness asks, with a token in its headers."""
    asked: list[str] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("somebody")
        await answer(reader, writer)

    async def body() -> None:
        other = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
        to = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/"

        async def away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {status} Away\r\nlocation: {to}\r\nconnection: close\r\n"
            writer.write(f"{head}content-length: 0\r\n\r\n".encode())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(away, "127.0.0.1", 0)
        well = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with other, server, open_client() as client:
            said = await send(client, well, Request("GET", "/readyz"))
            page = (await fetched(client, BODY_MAX, "GET", f"{well}/metrics"))[0].status_code
        assert (said.status, page, asked) == (status, status, [])

    in_loop(body)


def test_nobody_is_overtaken_while_many_ask() -> None:
    """Who asked first has the first connection, however many come after: a request that waits in
    the harness until its time is up would pass for one that the service never answered."""
    asked: list[str] = []
    arrived: list[str] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                arrived.append(head.split()[1].decode())
                await asyncio.sleep(ANSWER_S)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    async def body() -> None:
        server = await asyncio.start_server(slow, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        gate = asyncio.Semaphore(READS_AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                asked.append(f"/{number}")
                await send(client, address, Request("GET", asked[-1]))

        async with server, open_client() as client:
            await asyncio.gather(*map(one, range(SEVERAL)))

    in_loop(body)
    places = {path: place for place, path in enumerate(arrived)}
    overtaken = [places[path] - place for place, path in enumerate(asked)]
    assert max(overtaken) <= READS_AT_ONCE


PACKED = gzip.compress(bytes(BODY_MAX * 100))
HEAD = b"HTTP/1.1 200 OK\r\nconnection: close\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(b"content-length: 99999999999\r\n\r\n", b"x" * BODY_MAX, id="endless"),
        pytest.param(b"content-encoding: gzip\r\n\r\n", PACKED, id="packed though nobody asked"),
        pytest.param(b"content-encoding: none such\r\n\r\n", b"{}", id="packed in no known way"),
    ],
)
def test_of_an_answer_that_would_fill_the_memory_the_status_is_read(
    head: bytes, body: bytes
) -> None:
    """What a service answers takes no more of the harness than an answer may."""
    written = 0

    async def answer_much(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            writer.write(HEAD + head)
            while written < 100 * BODY_MAX:
                writer.write(body)
                written += len(body)
                await writer.drain()
                if b"length" not in head:
                    break
        writer.close()

    async def work() -> None:
        server = await asyncio.start_server(answer_much, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, open_client() as client:
            found = await send(client, url, Request("GET", "/"))
        assert (found.status, found.error, found.body) == (200, "", {})

    in_loop(work)
    assert written < 50 * BODY_MAX

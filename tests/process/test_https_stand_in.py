"""A stand-in that answers by https does so at the port where it answers by http."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.runtimes.real.certificates import AUTHORITY, CERTIFICATE, certificates
from mock_services.config import Config
from mock_services.serve import server_of

from .test_foreign_toxiproxy import standing

HOST = "api.bank.example"


async def _app(scope: Any, receive: Any, send: Any) -> None:
    body = f"{scope['scheme']} {dict(scope['headers'])[b'host'].decode()}".encode()
    head = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _asked(port: int, tls: ssl.SSLContext | None, name: str) -> str:
    with ExitStack() as open_:
        plain = open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        asking = plain
        if tls:
            asking = open_.enter_context(tls.wrap_socket(plain, server_hostname=name))
        asking.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: asking.recv(4096), b""))
    return said.rpartition(b"\r\n\r\n")[2].decode()


def test_https_and_http_at_one_port(tmp_path: Path) -> None:
    """Trusted by the authority of the run, under the names that were asked for and no others."""
    for name, text in certificates([HOST]).items():
        (tmp_path / name).write_text(text)
    trusting = ssl.create_default_context(cafile=tmp_path / AUTHORITY)

    async def scenario() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = Config("mapping", "bank", "127.0.0.1", port, 0, 1, {}, str(tmp_path / CERTIFICATE))
        server = server_of(config, _app, listener)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        assert await asyncio.to_thread(_asked, port, trusting, HOST) == f"https {HOST}"
        assert await asyncio.to_thread(_asked, port, trusting, "127.0.0.1") == f"https {HOST}"
        assert await asyncio.to_thread(_asked, port, None, HOST) == f"http {HOST}"
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(_asked, port, trusting, "another.example")
        assert await asyncio.to_thread(_asked, port, trusting, HOST) == f"https {HOST}"
        server.should_exit = True
        await serving

    asyncio.run(scenario())


def test_server_name_and_host_go_through_the_proxy_as_they_were_sent(tmp_path: Path) -> None:
    """Bytes are passed on: whoever serves several names by one address still knows which."""
    for name, text in certificates([HOST]).items():
        (tmp_path / name).write_text(text)
    trusting = ssl.create_default_context(cafile=tmp_path / AUTHORITY)
    names: list[str | None] = []
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / CERTIFICATE)
    serving.sni_callback = lambda _, name, __: names.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        (host,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"host:")]
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + host)
        writer.close()

    async def scenario() -> str:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with standing("") as theirs:
                asked = {"name": "bank", "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{port}"}
                listen = theirs.client.post("/proxies", json=asked).json()["listen"]
                proxied = int(listen.rpartition(":")[2])
                return await asyncio.to_thread(_asked, proxied, trusting, HOST)

    assert asyncio.run(scenario()) == f"Host: {HOST}"
    assert names == [HOST]

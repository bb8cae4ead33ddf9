"""HTTP and PostgreSQL over real sockets, for every runtime that has them.

Plain httpx on purpose. The `httpx-aiohttp` transport is faster under load, but it reports a
connection that was cut while waiting for the reply as `ConnectTimeout`: "never sent", which is
the one thing that must not be said of it.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from harness.clock import Clock
from harness.target import BODY_MAX, Answer, Request, decoded

CALL_S = 2.0  # chosen, not measured: no local call that is well takes longer
CANARY_S = 2.0
TEXT_MAX = 4 << 20  # bytes of a page of metrics; chosen
OWN_MAX = 64 << 20  # bytes of what our own programs answer: a ledger of a day; chosen
TCP_STAYS_S = 0.1  # chosen: a proxy whose callee is gone closes within milliseconds
IDLE_CONNECTIONS = 20  # chosen: as many as are ever asked at once

TOKEN_HEADER = "X-Harness-Token"  # noqa: S105 - a header's name, no secret

PG_USER = "harness"
PG_DATABASE = "postgres"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL, Message Formats: SSLRequest
PROTOCOL_3_0 = 196608  # PostgreSQL, Message Formats: StartupMessage


def open_client(idle_s: float = 0.0) -> httpx.AsyncClient:
    """A client that ignores proxy variables, follows no redirect and gives up after 2 s.

    No request ever queues for a connection: one that is cancelled while it does takes a place of
    the pool with it for ever, and a service that hangs would end all talk with the others.

    Args:
        idle_s: how long a connection is kept for the next request; 0: each has one of its own. Who
            asks a service many things at once takes 0: the pool (httpcore 1.0.9) gives a kept
            connection to whoever comes last, so that the first may wait until its time is up, and
            would pass for one that the service never answered.
    """
    limits = httpx.Limits(
        max_connections=None,
        max_keepalive_connections=IDLE_CONNECTIONS if idle_s else 0,
        keepalive_expiry=idle_s,
    )
    plain = {"Accept-Encoding": "identity"}
    return httpx.AsyncClient(trust_env=False, timeout=CALL_S, limits=limits, headers=plain)


async def fetched(
    client: httpx.AsyncClient, most: int, method: str, url: str, **how: Any
) -> tuple[httpx.Response, bytes]:
    """The head of an answer, and its body as it came; what is packed is not unpacked.

    Args:
        most: bytes; of a longer body that many and some more, and its connection is closed.
        how: of httpx.

    Raises:
        httpx.HTTPError: there is no whole answer.
    """
    body = bytearray()
    async with client.stream(method, url, **how) as response:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > most:
                break
    return response, bytes(body)


def once_connected(prove: Callable[[], Awaitable[None]]) -> Mapping[str, Any]:
    """Extensions of one request: who listens is proven before the first byte of a new connection.

    A connection never changes its peer, so the next request on it needs no proof.
    """
    new = False

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        nonlocal new
        if event == "connection.connect_tcp.complete":
            new = True
        elif new and event == "http11.send_request_headers.started":
            await prove()

    return {"trace": trace}


async def send(
    client: httpx.AsyncClient,
    base_url: str,
    request: Request,
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Answer:
    """Send a request; what went wrong on the way is in the answer, never an exception.

    Args:
        headers: of ours, with the token; without any, no more than `BODY_MAX` of the body is read.
        extensions: of httpx, as `once_connected` makes them; what a proof raises goes through.
    """
    most = OWN_MAX if headers else BODY_MAX
    try:
        async with asyncio.timeout(request.timeout_s):
            response, content = await fetched(
                client,
                most,
                request.method,
                base_url + request.path,
                headers={**request.headers, **(headers or {})},
                json=request.body if request.text is None else None,
                content=request.text,
                timeout=request.timeout_s,
                extensions=dict(extensions or {}),
            )
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Answer(None, error="refused")
    except (TimeoutError, httpx.TimeoutException):
        return Answer(None, error="timeout")
    except httpx.NetworkError:
        return Answer(None, error="reset")
    except httpx.RemoteProtocolError as error:
        cut = "disconnected" in str(error)
        return Answer(None, error="reset" if cut else "protocol")
    except httpx.HTTPError:
        return Answer(None, error="protocol")
    body = decoded(content, most)
    return Answer(response.status_code, body, headers=dict(response.headers))


async def text_of(
    client: httpx.AsyncClient,
    url: str,
    within_s: float,
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> str:
    """The text at `url`; "" when it does not come within `within_s` with status 200."""
    told = {"headers": headers, "extensions": dict(extensions or {})}
    try:
        async with asyncio.timeout(within_s):
            response, body = await fetched(client, TEXT_MAX, "GET", url, **told)
    except (TimeoutError, httpx.HTTPError):
        return ""
    whole = response.status_code == 200 and len(body) <= TEXT_MAX
    return body.decode("utf-8", "replace") if whole else ""


async def canary(
    client: httpx.AsyncClient, protocol: str, address: str, path: str = "/livez"
) -> str:
    """Make one harmless request on a connection of its own.

    Args:
        client: one without keep-alive.
        protocol: http, postgres or tcp.
        address: `host:port`.
        path: what to GET; for http.

    Returns:
        ok, refused (no connection), no_reply (cut or silent), error (it answered, but not well).
    """
    try:
        async with asyncio.timeout(CANARY_S):
            if protocol == "postgres":
                return await _postgres_canary(address)
            if protocol == "tcp":
                return await _tcp_canary(address)
            response, _ = await fetched(client, BODY_MAX, "GET", f"http://{address}{path}")
            return "ok" if response.status_code == 200 else "error"
    except (ConnectionRefusedError, httpx.ConnectError):
        return "refused"
    except (TimeoutError, OSError, asyncio.IncompleteReadError, httpx.HTTPError):
        return "no_reply"


async def _tcp_canary(address: str) -> str:
    """Connect, and see that nobody closes the connection at once, as a proxy without a callee."""
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(TCP_STAYS_S):
            return "ok" if await reader.read(1) else "no_reply"
    except TimeoutError:
        return "ok"
    finally:
        writer.close()


async def _postgres_canary(address: str) -> str:
    """Ask for TLS, then for a session: a server that starts up or recovers declines the session."""
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(SSL_REQUEST)
        if await reader.readexactly(1) == b"S":
            return "ok"
        writer.write(_startup_message())
        return "ok" if await reader.readexactly(1) == b"R" else "error"
    finally:
        writer.close()


def _startup_message() -> bytes:
    pairs = f"user\0{PG_USER}\0database\0{PG_DATABASE}\0\0".encode()
    return struct.pack("!ii", len(pairs) + 8, PROTOCOL_3_0) + pairs


async def timed_canary(
    client: httpx.AsyncClient, clock: Clock, protocol: str, address: str, path: str = "/livez"
) -> tuple[str, float]:
    """A canary and how many seconds it took."""
    t_begin_s = clock.now_s()
    result = await canary(client, protocol, address, path)
    return result, clock.now_s() - t_begin_s

"""The client port on sockets: httpx over aiohttp's connections.

Why the cause is looked at: httpx-aiohttp calls every `aiohttp.ClientConnectionError` a
`ConnectTimeout`, also a connection that the peer closed *after* the request was sent. Taken at
its word, a payout whose reply was lost would pass for one that was never sent.

A connection that the peer closed while it was idle is noticed before it is used, save for a close
that is on its way at that very instant: that call is NoReply. aiohttp sends such a request again by
itself only when its method is idempotent (GET); a POST never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from lending_service.clock import utc
from lending_service.ports import NoReply, Refused, Reply
from lending_service.statuses import retry_after_s

CONNECTIONS_MAX = 100  # for all third parties together; chosen, not measured
IDLE_S = 2.0  # under the 5 s after which uvicorn closes: we close first
NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class HttpClient:
    """Calls third parties over HTTP.

    Args:
        upstreams: base URL by name.
        connect_timeout_s: longest wait for a connection, seconds.
    """

    def __init__(self, upstreams: Mapping[str, str], connect_timeout_s: float) -> None:
        """Open nothing yet; connections come with the first calls."""
        self._upstreams = dict(upstreams)
        self._connect_timeout_s = connect_timeout_s
        limits = httpx.Limits(
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=CONNECTIONS_MAX,
            keepalive_expiry=IDLE_S,
        )
        # Loopback HTTP only: no certificates to load.
        transport = AiohttpTransport(verify=False, trust_env=False, limits=limits)
        self._client = httpx.AsyncClient(transport=transport, trust_env=False)

    async def call(
        self,
        dependency: str,
        method: str,
        path: str,
        body: dict[str, object] | None,
        timeout_s: float,
        key: str = "",
    ) -> Reply:
        """One request, one reply; see `ports.Client`."""
        wait = httpx.Timeout(timeout_s, connect=min(self._connect_timeout_s, timeout_s))
        url = self._upstreams[dependency] + path
        try:
            # httpx has no total limit: without one, a reply that trickles is waited for for ever.
            async with asyncio.timeout(timeout_s):
                reply = await self._client.request(
                    method, url, content=_encoded(body), headers=_headers(body, key), timeout=wait
                )
        except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
            raise meaning(error, f"{method} {dependency}{path}") from error
        told = reply.headers
        wait_s = retry_after_s(told.get("retry-after"), told.get("date"), utc())
        return Reply(reply.status_code, _decoded(reply.content), wait_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def meaning(error: Exception, what: str) -> Refused | NoReply:
    """Definitely not sent, or unknown; in doubt, unknown."""
    cause = error.__cause__ or error
    kind = Refused if isinstance(cause, NOT_SENT) else NoReply
    return kind(f"{what}: {type(cause).__name__}: {cause}")


def _encoded(body: dict[str, object] | None) -> bytes | None:
    return None if body is None else msgspec.json.encode(body)


def _headers(body: dict[str, object] | None, key: str) -> dict[str, str]:
    found = {} if body is None else {"Content-Type": "application/json"}
    return {**found, "Authorization": f"Bearer {key}"} if key else found


def _decoded(content: bytes) -> dict[str, object]:
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}

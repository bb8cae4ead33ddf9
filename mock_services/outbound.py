"""How a stand-in on sockets calls back; a module of its own, since its libraries take most of the
time that a program needs to start, and most stand-ins call nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from httpx_aiohttp import AiohttpTransport

TIMEOUT_S = 2.0  # chosen, not measured
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


@dataclass(frozen=True)
class Outbound:
    """Sends what `World` asks for.

    Args:
        client: that sends it.
    """

    client: httpx.AsyncClient

    async def send_callback(self, url: str, body: dict[str, object]) -> str:
        """Post a JSON body.

        Returns:
            the reply's text.

        Raises:
            ConnectionError: there was no reply.
        """
        try:
            return (await self.client.post(url, json=body)).text
        except httpx.HTTPError as lost:
            raise ConnectionError(str(lost)) from lost

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post bytes.

        Returns:
            the reply's status.

        Raises:
            ConnectionError: there was no reply.
        """
        try:
            reply = await self.client.post(url, content=body, headers=dict(headers))
        except httpx.HTTPError as lost:
            raise ConnectionError(str(lost)) from lost
        return reply.status_code


@asynccontextmanager
async def open_outbound() -> AsyncIterator[Outbound]:
    """What calls back until the stand-in ends."""
    transport = AiohttpTransport(limits=LIMITS, trust_env=False)
    async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT_S, trust_env=False) as client:
        yield Outbound(client)

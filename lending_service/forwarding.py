"""Writes that another instance takes: handed on as they came, and its answer handed back."""

from __future__ import annotations

import asyncio
from typing import Literal

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from starlette.types import Message, Receive, Scope, Send

from lending_service.http_client import meaning
from lending_service.ports import Refused
from lending_service.replies import Problem
from lending_service.routes import Response, whole_body

WAIT_S = 4.0  # chosen: less than a borrower waits
CONNECT_S = 0.5
RETRY_AFTER_S = 1.0
BY = b"forwarded-by"
KEPT = (b"idempotency-key", b"content-type")
WRITER = "writer"


class Forwarder:
    """An ASGI application that asks another instance.

    Args:
        url: where it is reached.
        own: name of this instance; what another one forwarded is not forwarded back.
        errors: how refusals are written, as the design says.
        transport: instead of sockets.
    """

    def __init__(
        self,
        url: str,
        own: str,
        errors: Literal["explained", "bare"],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._own, self._errors = url, own, errors
        transport = transport or AiohttpTransport(verify=False, trust_env=False)
        self._client = httpx.AsyncClient(transport=transport, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on."""
        body = await whole_body(receive)
        if body is None:
            return
        told = dict(scope["headers"])
        reference = told.get(b"idempotency-key", scope["path"].encode()).decode("latin-1")
        if BY in told:
            answer, writer = self._refused(reference), ""
        else:
            answer, writer = await self._asked(scope, told, body, reference)
        await answer(scope, receive, signing(send, writer))

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _asked(
        self, scope: Scope, told: dict[bytes, bytes], body: bytes, reference: str
    ) -> tuple[Response, str]:
        """The other instance's answer, and who wrote."""
        headers = {name.decode(): told[name].decode("latin-1") for name in KEPT if name in told}
        headers[BY.decode()] = self._own
        wait = httpx.Timeout(WAIT_S, connect=CONNECT_S)
        try:
            async with asyncio.timeout(WAIT_S):
                reply = await self._client.request(
                    scope["method"], self._url + scope["path"],
                    content=body, headers=headers, timeout=wait,
                )  # fmt: skip
        except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
            if isinstance(meaning(error, "forwarded"), Refused):
                return self._refused(reference), ""
            text = "We may or may not have it. Send it again with the same key: it counts once."
            return self._problem("outcome_unknown", text, reference), ""
        media = reply.headers.get("content-type", "application/json").encode()
        return Response(reply.status_code, reply.content, media), reply.headers.get(WRITER, "")

    def _refused(self, reference: str) -> Response:
        text = "This region only reads at the moment, and nothing was changed. Please come back."
        return self._problem("not_the_writer", text, reference)

    def _problem(self, code: str, text: str, reference: str) -> Response:
        return Problem(503, code, text, RETRY_AFTER_S, reference).response(self._errors)


def signing(send: Send, writer: str) -> Send:
    """Whatever is sent, with who wrote on it; nothing more for "".

    Args:
        writer: instance and epoch, `lending_b/3`.
    """

    async def signed(message: Message) -> None:
        if writer and message["type"] == "http.response.start":
            headers = [*message["headers"], (WRITER.encode(), writer.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return signed

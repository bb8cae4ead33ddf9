"""Whether what runs here only looks, on behalf of somebody who asked: a standby may answer that."""

from __future__ import annotations

from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

VIEWING: ContextVar[bool] = ContextVar("viewing", default=False)


def looking(asgi: ASGIApp) -> ASGIApp:
    """The application, with requests that only look marked; each has a context of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        VIEWING.set(scope.get("method") == "GET")
        await asgi(scope, receive, send)

    return app

"""Routes as a table: the service is built thousands of times a second in exploration.

Starlette's own router compiles a regular expression a route when it is made, and tries them one
after another for every request; requests and responses here are Starlette's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    """What answers a path.

    Args:
        path: `/v1/loans/{id}`; a parameter is a whole segment.
        methods: HEAD is answered where GET is.
    """

    path: str
    endpoint: Endpoint
    methods: Sequence[str] = ("GET",)


class Router:
    """An ASGI application of routes; errors of endpoints pass through it to the server.

    Args:
        default: answers what no route does, and whatever is no HTTP request.
    """

    def __init__(self, routes: Sequence[Route], default: ASGIApp) -> None:
        """Sort the routes by the number of their segments."""
        self.routes = tuple(routes)
        self._default = default
        self._by_length: dict[int, list[tuple[list[str], Route]]] = {}
        for route in routes:
            parts = route.path.split("/")
            self._by_length.setdefault(len(parts), []).append((parts, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._default(scope, receive, send)
            return
        parts = scope["path"].split("/")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        allowed: list[str] = []
        for pattern, route in self._by_length.get(len(parts), ()):
            params = _matched(pattern, parts)
            if params is None:
                continue
            if method in route.methods:
                scope["path_params"] = params
                response = await route.endpoint(Request(scope, receive, send))
                await response(scope, receive, send)
                return
            allowed += route.methods
        if not allowed:
            await self._default(scope, receive, send)
            return
        refused = PlainTextResponse("Method Not Allowed", 405, {"Allow": ", ".join(allowed)})
        await refused(scope, receive, send)


def _matched(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    """The parameters of a path that fits, else None."""
    params: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted == part:
            continue
        if not part or not wanted.startswith("{"):
            return None
        params[wanted[1:-1]] = part
    return params

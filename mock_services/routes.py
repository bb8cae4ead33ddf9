"""Routes as a table, requests and replies that are whole: no framework between them.

A stand-in is built, and answers, thousands of times a second in exploration. A router that
compiles regular expressions, and requests and responses that stream, would take most of that time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


class Request(msgspec.Struct, frozen=True):
    """A whole request, as an endpoint reads it.

    Args:
        params: parameters of the path.
        headers: names in lower case.
    """

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]]
    params: dict[str, str]
    body: bytes

    def header(self, name: bytes) -> str | None:
        """The first header of that name (in lower case); None when there is none."""
        for given, value in self.headers:
            if given == name:
                return value.decode("latin-1")
        return None

    @property
    def bearer(self) -> str:
        """The bearer token that the caller showed; "" for none."""
        return (self.header(b"authorization") or "").removeprefix("Bearer ")


class Response(msgspec.Struct, frozen=True):
    """A whole reply.

    Args:
        allow: methods, for one that is not.
        headers: further ones, names in lower case.
    """

    status: int
    body: bytes
    media_type: bytes = JSON
    allow: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [
            (b"content-length", b"%d" % len(self.body)),
            (b"content-type", self.media_type),
            *self.headers,
        ]
        if self.allow:
            headers.append((b"allow", self.allow.encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


Endpoint = Callable[[Request], Awaitable[Response]]


class Route(msgspec.Struct, frozen=True):
    """What answers a path.

    Args:
        path: `/v1/requests/{request_id}`; a parameter is a whole segment.
        methods: HEAD is answered where GET is.
    """

    path: str
    endpoint: Endpoint
    methods: Sequence[str] = ("GET",)


class Pattern(msgspec.Struct, frozen=True):
    """A path as it is compared.

    Args:
        pick: takes the segments that are no parameters.
        fixed: what they have to be.
        named: the parameters, each with the number of its segment.
    """

    length: int
    pick: Callable[[list[str]], object]
    fixed: object
    named: tuple[tuple[int, str], ...]


class Router:
    """An ASGI application of routes; errors of endpoints pass through it to the server.

    Args:
        default: answers what no route does, and whatever is no HTTP request.
    """

    def __init__(self, routes: Sequence[Route], default: ASGIApp) -> None:
        self.routes = tuple(routes)
        self._default = default
        self._by_length = _by_length(tuple(route.path for route in self.routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._default(scope, receive, send)
            return
        parts = scope["path"].split("/")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        allowed: list[str] = []
        for pattern, number in self._by_length.get(len(parts), ()):
            if pattern.pick(parts) != pattern.fixed:
                continue
            route = self.routes[number]
            params = {name: parts[at] for at, name in pattern.named}
            if "" in params.values():
                continue
            if method in route.methods:
                body = b"" if method == "GET" else await _body(receive)
                if body is not None:
                    request = _request(scope, params, body)
                    await (await route.endpoint(request))(scope, receive, send)
                return
            allowed += route.methods
        if not allowed:
            await self._default(scope, receive, send)
            return
        await Response(405, b"Method Not Allowed", TEXT, ", ".join(allowed))(scope, receive, send)


@lru_cache(maxsize=16)
def _by_length(paths: tuple[str, ...]) -> Mapping[int, list[tuple[Pattern, int]]]:
    """The numbers of routes, by how many segments they have: each life has the same routes."""
    found: dict[int, list[tuple[Pattern, int]]] = {}
    for number, path in enumerate(paths):
        pattern = _pattern(path)
        found.setdefault(pattern.length, []).append((pattern, number))
    return found


def _pattern(path: str) -> Pattern:
    """A path, ready to be compared."""
    parts = path.split("/")
    at_fixed = [at for at, part in enumerate(parts) if not part.startswith("{")]
    named = [(at, part[1:-1]) for at, part in enumerate(parts) if part.startswith("{")]
    return Pattern(len(parts), itemgetter(*at_fixed), itemgetter(*at_fixed)(parts), tuple(named))


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when the caller has gone before it was."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _request(scope: Scope, params: dict[str, str], body: bytes) -> Request:
    return Request(scope["method"], scope["path"], scope["headers"], params, body)

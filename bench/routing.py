"""Routing without a framework: our router beside Starlette's, on the routes of the service.

python -m bench.routing [--seconds 2]

Built anew for every life of a service, as a search does; then whole requests through raw ASGI, each
read, answered and sent. Best of several rounds, one core.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable

from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router as StarletteRouter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lending_service.routes import Request, Response, Route, Router

PATHS = (
    ("/v1/applications", "POST"),
    ("/v1/applications/{id}", "GET"),
    ("/v1/loans/{id}", "GET"),
    ("/v1/borrowers/{id}/limit", "GET"),
    ("/v1/loans/{id}/repayments", "POST"),
    ("/v1/repayments/{id}", "GET"),
    ("/callbacks/payments", "POST"),
    ("/livez", "GET"),
    ("/readyz", "GET"),
    ("/metrics", "GET"),
)
BODY = b'{"amount_minor": 200000}'
ROUNDS = 5


def ours() -> ASGIApp:
    """The router of the service, and an endpoint that reads the body."""

    async def endpoint(request: Request) -> Response:
        return Response(200, request.body or b"{}")

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(404, b"{}")(scope, receive, send)

    return Router([Route(path, endpoint, (method,)) for path, method in PATHS], nobody)


def starlettes() -> ASGIApp:
    """The same in Starlette."""

    async def endpoint(request: StarletteRequest) -> StarletteResponse:
        return StarletteResponse(await request.body() or b"{}", media_type="application/json")

    return StarletteRouter([StarletteRoute(p, endpoint, methods=[m]) for p, m in PATHS])


async def ask(app: ASGIApp, method: str, path: str) -> int:
    """One request; its status."""
    seen: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY if method == "POST" else b""}

    async def send(message: Message) -> None:
        seen.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    await app(scope, receive, send)
    return int(seen[0]["status"])


async def answered(app: ASGIApp, seconds: float) -> float:
    """Requests a second over all routes."""
    asked = [(method, path.replace("{id}", "a-1")) for path, method in PATHS]
    assert {await ask(app, *one) for one in asked} == {200}
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for method, path in asked:
            await ask(app, method, path)
        count += len(asked)
    return count / (time.perf_counter() - began)


def built(build: Callable[[], ASGIApp], seconds: float) -> float:
    """Routers built a second."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        build()
        count += 1
    return count / (time.perf_counter() - began)


def main() -> int:
    """Print both, and how many times ours is faster."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=2.0, help="of each figure")
    each_s: float = options.parse_args().seconds / ROUNDS
    rates = {}
    for name, build in (("ours", ours), ("Starlette", starlettes)):
        requests = max(asyncio.run(answered(build(), each_s)) for _ in range(ROUNDS))
        rates[name] = requests, max(built(build, each_s) for _ in range(ROUNDS))
        print(f"{name:10} {rates[name][0]:9,.0f} requests/s  {rates[name][1]:9,.0f} built/s")
    (ours_r, ours_b), (their_r, their_b) = rates["ours"], rates["Starlette"]
    print(f"ours / Starlette: {ours_r / their_r:.1f} x requests, {ours_b / their_b:.1f} x built")
    return 0


if __name__ == "__main__":
    sys.exit(main())

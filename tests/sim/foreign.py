"""Somebody else's services: plain Starlette and httpx, nothing of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def front(config: Any, around: Any) -> Starlette:
    """Passes orders on; remembers in memory how many it took."""
    taken = 0

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with httpx.AsyncClient(
            transport=around.transport(), base_url=config["back"], timeout=0.5
        ) as client:
            yield {"client": client}

    async def order(request: Request) -> JSONResponse:
        nonlocal taken
        taken += 1
        try:
            reply = await request.state.client.post("/stock", json=await request.json())
        except httpx.ConnectError:
            return JSONResponse({"error": "not sent"}, 502)
        except httpx.TransportError as error:
            return JSONResponse({"error": type(error).__name__}, 504)
        return JSONResponse(reply.json(), reply.status_code)

    async def count(request: Request) -> JSONResponse:
        return JSONResponse({"taken": taken})

    async def live(request: Request) -> JSONResponse:
        return JSONResponse({})

    routes = [
        Route("/orders", order, methods=["POST"]),
        Route("/taken", count),
        Route("/livez", live),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def back(config: Any, around: Any) -> Starlette:
    """Keeps what is sold on the disk; ticks in the background."""
    sold = around.disk.setdefault("sold", [])
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await around.clock.sleep(1.0)
            ticks += 1

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        asyncio.get_running_loop().create_task(tick())
        yield

    async def sell(request: Request) -> JSONResponse:
        sold.append((await request.json())["key"])
        return JSONResponse({"sold": len(sold)})

    async def stock(request: Request) -> JSONResponse:
        return JSONResponse({"sold": list(sold), "ticks": ticks})

    async def broken(request: Request) -> JSONResponse:
        raise LookupError("broken")

    async def live(request: Request) -> JSONResponse:
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/stock", sell, methods=["POST"]),
            Route("/stock", stock),
            Route("/broken", broken),
            Route("/livez", live),
        ],
        lifespan=lifespan,
    )

"""A little lender as an ASGI application; it imports nothing of the harness.

On sockets: `python3 lender.py`. In virtual time the harness calls `simulated`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TRIES = 2


class Lender:
    """Pays a loan out when it is asked for one.

    Args:
        one_key: whether a second try says that it is the same payout.
    """

    def __init__(self, one_key: bool) -> None:
        self.loans: dict[str, dict[str, Any]] = {}
        self._one_key = one_key

    async def create(self, request: Request) -> JSONResponse:
        """Book a loan and pay it out."""
        loan = {**await request.json(), "id": uuid4().hex, "status": "new"}
        self.loans[loan["id"]] = loan
        loan["status"] = await self._pay(request.state.client, loan)
        return JSONResponse(loan, 201)

    async def _pay(self, client: httpx.AsyncClient, loan: Mapping[str, Any]) -> str:
        for number in range(TRIES):
            key = loan["id"] if self._one_key else f"{loan['id']}-{number}"
            body = {"loan": loan["id"], "amount": loan["amount_cents"]}
            try:
                reply = await client.post(
                    "/v1/payouts", json=body, headers={"Idempotency-Key": key}
                )
                if reply.status_code == 200:
                    return "active" if reply.json()["status"] == "paid" else "declined"
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        return "declined"

    async def read(self, request: Request) -> JSONResponse:
        """Show a loan."""
        loan = self.loans.get(request.path_params["id"])
        return JSONResponse(loan or {}, 200 if loan else 404)


async def health(request: Request) -> JSONResponse:
    """It works once it takes connections."""
    return JSONResponse({})


def app(env: Mapping[str, str], transport: Any = None) -> Starlette:
    """The application; all that it sends goes through `transport`."""
    lender = Lender(env["ONE_KEY"] == "yes")

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with httpx.AsyncClient(
            base_url=env["GATEWAY_URL"], transport=transport, timeout=1.0
        ) as client:
            yield {"client": client}

    routes = [
        Route("/loans", lender.create, methods=["POST"]),
        Route("/loans/{id}", lender.read),
        Route("/health", health),
    ]
    return Starlette(routes=routes, lifespan=life)


def simulated(env: Mapping[str, str], around: Any) -> Starlette:
    """The same in virtual time: what it sends goes through the simulation."""
    return app(env, around.transport())


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(
        app(os.environ), host=os.environ["HOST"], port=int(os.environ["PORT"]), log_level="warning"
    )

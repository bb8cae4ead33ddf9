"""The same till and bank in FastAPI: models that it checks, a dependency, a lifespan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel


class Purchase(BaseModel):
    """What a borrower sends."""

    key: str


class Charge(BaseModel):
    """What the bank takes."""

    number: str
    key: str


async def _client(request: Request) -> httpx.AsyncClient:
    client: httpx.AsyncClient = request.state.client
    return client


def till(config: Any, around: Any) -> FastAPI:
    """Charges a card; when the bank does not answer it tries once more."""
    app = FastAPI(lifespan=_with_client(config, around))

    @app.post("/pay")
    async def pay(
        asked: Purchase, client: Annotated[httpx.AsyncClient, Depends(_client)]
    ) -> dict[str, bool]:
        for attempt in range(2):
            # The defect, unless the till is careful: each try has a number of its own.
            number = asked.key if config["careful"] else f"{asked.key}-{attempt}"
            charge = Charge(number=number, key=asked.key)
            try:
                await client.post("/charges", json=charge.model_dump())
            except httpx.TransportError:
                continue
            return {"paid": True}
        raise HTTPException(504)

    return app


def _with_client(config: Any, around: Any) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        transport, bank = around.transport(), config["bank"]
        async with httpx.AsyncClient(transport=transport, base_url=bank, timeout=1.0) as client:
            yield {"client": client}

    return lifespan


def bank(config: Any, around: Any) -> FastAPI:
    """Charges each number once."""
    app, charges = FastAPI(), around.disk.setdefault("charges", {})

    @app.post("/charges")
    async def charge(asked: Charge) -> dict[str, bool]:
        charges.setdefault(asked.number, {"key": asked.key, "t_s": around.clock.now_s()})
        return {"charged": True}

    @app.get("/_ledger")
    async def ledger() -> dict[str, list[dict[str, Any]]]:
        entries = [
            {"f": "charge", "k": one["key"], "t_s": one["t_s"], "number": number}
            for number, one in charges.items()
        ]
        return {"entries": entries}

    return app


def hasty(config: Any, around: Any) -> FastAPI:
    """A bank whose endpoint is a plain function: FastAPI runs it in a thread."""
    app = FastAPI()

    @app.post("/charges")
    def charge(asked: Charge) -> dict[str, bool]:
        return {"charged": True}

    return app

"""Somebody else's till and bank: plain Starlette, nothing of ours."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def till(config: Any, around: Any) -> Starlette:
    """Charges a card; when the bank does not answer it tries once more."""

    async def charge(request: Request) -> JSONResponse:
        asked = await request.json()
        for attempt in range(2):
            # The defect, unless the till is careful: each try has a number of its own.
            number = asked["key"] if config["careful"] else f"{asked['key']}-{attempt}"
            body = json.dumps({"number": number, "key": asked["key"]}).encode()
            try:
                await around.call("POST", config["bank"] + "/charges", body, 1.0)
            except OSError:
                continue
            return JSONResponse({"paid": True})
        return JSONResponse({"paid": None}, 504)

    return Starlette(routes=[Route("/pay", charge, methods=["POST"])])


def bank(config: Any, around: Any) -> Starlette:
    """Charges each number once."""
    charges = around.disk.setdefault("charges", {})

    async def charge(request: Request) -> JSONResponse:
        asked = await request.json()
        charges.setdefault(asked["number"], {"key": asked["key"], "t_s": around.clock.now_s()})
        return JSONResponse({"charged": True})

    async def ledger(request: Request) -> JSONResponse:
        entries = [
            {"f": "charge", "k": one["key"], "t_s": one["t_s"], "number": number}
            for number, one in charges.items()
        ]
        return JSONResponse({"entries": entries})

    return Starlette(
        routes=[Route("/charges", charge, methods=["POST"]), Route("/_ledger", ledger)]
    )

"""A small lender of somebody else's: FastAPI, PostgreSQL, one payment gateway.

It pays a loan out when it is created. A reply that does not come in time is taken for "not paid",
and the payout is sent again under another key: that is the mistake to be found.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

GATEWAY = os.environ["GATEWAY_URL"]
ONE_KEY = os.environ.get("ONE_KEY", "no") == "yes"  # the mistake is mended
TRIES = 2
PAYOUT_S = 1.0


class Wanted(BaseModel):
    customer_id: str
    amount_cents: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=10)
    app.state.gateway = httpx.AsyncClient(base_url=GATEWAY, timeout=PAYOUT_S, trust_env=False)
    yield
    await app.state.gateway.aclose()
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, str]:
    await app.state.pool.fetchval("SELECT 1")
    return {"status": "ok"}


@app.post("/loans", status_code=201)
async def create(wanted: Wanted) -> dict[str, object]:
    loan = str(uuid.uuid4())
    await app.state.pool.execute(
        "INSERT INTO loans VALUES ($1, $2, $3, 'new')",
        loan, wanted.customer_id, wanted.amount_cents,
    )  # fmt: skip
    status = await pay(loan, wanted.amount_cents)
    await app.state.pool.execute("UPDATE loans SET status = $2 WHERE id = $1", loan, status)
    return {"id": loan, "status": status}


@app.get("/loans/{loan}")
async def read(loan: str) -> dict[str, object]:
    row = await app.state.pool.fetchrow("SELECT * FROM loans WHERE id = $1", loan)
    if row is None:
        raise HTTPException(404, "no such loan")
    return dict(row)


async def pay(loan: str, amount_cents: int) -> str:
    for number in range(TRIES):
        key = loan if ONE_KEY else f"{loan}-{number}"
        body = {"amount": amount_cents, "metadata": {"loan_id": loan}}
        try:
            reply = await app.state.gateway.post(
                "/v1/payouts", json=body, headers={"Idempotency-Key": key}
            )
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            continue
        if reply.status_code == 200:
            return "active" if reply.json()["status"] == "paid" else "declined"
    return "failed"


if __name__ == "__main__":
    host, port = os.environ["HOST"], int(os.environ["PORT"])
    uvicorn.run(app, host=host, port=port, log_level="warning")

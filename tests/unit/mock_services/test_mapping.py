"""A stand-in by mappings: what it is asked is written down, its ledger is as everybody's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mock_services.asgi import Bench, play

pytestmark = pytest.mark.unit

PAYOUT = {
    "on": "POST /v1/{who}/payouts",
    "op": "create_payout",
    "key": "body.loan.id",
    "once-by": "body.request",
    "ledger": {"entry": "payout", "amount": "body.amount"},
    "reply": {"id": "po_{key}", "who": "{path.who}", "amount": "{body.amount}"},
    "declined": {"id": "po_{key}", "status": "failed"},
}


def _bench() -> Bench:
    return Bench("mapping", mappings=[PAYOUT])


async def _pay(bench: Bench, request: str) -> tuple[int, Any]:
    body = {"request": request, "amount": 500, "loan": {"id": "loan-1"}}
    return await bench.call("POST", "/v1/me/payouts", body)


def test_a_request_is_done_once_by_its_key() -> None:
    """Again with the same key: the reply of then and no other entry; another key pays again."""

    async def scenario() -> None:
        bench = _bench()
        paid = (200, {"id": "po_loan-1", "who": "me", "amount": 500})
        assert await _pay(bench, "r1") == paid
        assert await _pay(bench, "r1") == paid
        assert await _pay(bench, "r2") == paid
        entries = [(e["f"], e["k"], e["request_id"], e["amount_minor"], e["status"])
                   for e in await bench.ledger()]  # fmt: skip
        assert entries == [
            ("payout", "loan-1", "r1", 500, "SUCCESS"),
            ("payout", "loan-1", "r2", 500, "SUCCESS"),
        ]

    play(scenario)


def test_it_can_be_told_to_decline_and_to_fail() -> None:
    """Faults of our own stand-ins work on it: a decline moves no money, nor does an error."""

    async def scenario() -> None:
        bench = _bench()
        await bench.rules(
            {"op": "create_payout", "effect": "decline", "last": 1},
            {"op": "*", "effect": "error", "first": 2},
        )
        assert await _pay(bench, "r1") == (200, {"id": "po_loan-1", "status": "failed"})
        assert (await _pay(bench, "r2"))[0] == 503
        assert [entry["status"] for entry in await bench.ledger()] == ["FAILED"]

    play(scenario)

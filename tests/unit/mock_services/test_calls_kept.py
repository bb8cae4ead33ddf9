"""What a stand-in answered while it was told to misbehave, and heard when it called back."""

from __future__ import annotations

from typing import Any

import pytest

from mock_services.calls import ReplyLost
from tests.unit.mock_services.asgi import Bench, payout, play

pytestmark = pytest.mark.unit


async def _calls(bench: Bench) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = (await bench.control("GET", "/_ledger"))[1]["calls"]
    return calls


def test_calls_are_kept_while_a_rule_is_set_and_the_next_life_has_them() -> None:
    """Who was hit and who was not: what came of each, and for how long it lasted."""

    async def scenario() -> None:
        bench = Bench("risk_engine")
        await bench.call("GET", "/v1/limits/b-1")
        args = {"status": 429, "code": "busy", "retry_after_s": 5}
        await bench.rules({"op": "limit", "effect": "error", "key": "b-1", "args": args})
        await bench.call("GET", "/v1/limits/b-1")
        await bench.call("GET", "/v1/limits/b-2")
        await bench.rules()
        await bench.call("GET", "/v1/limits/b-1")
        refused, told = await _calls(bench)
        asked = {"status": 429, "code": "busy", "retry_after_s": 5}
        assert refused == {"t_s": 0.0, "f": "limit", "k": "b-1", "took_s": 0.0, **asked}
        assert (told["k"], told["status"]) == ("b-2", 200)
        assert await _calls(Bench("risk_engine", journal=bench.journal)) == [refused, told]

    play(scenario)


def test_a_call_without_a_reply_has_no_status() -> None:
    """And the ledger holds what was done, as ever."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": "reply_lost"})
        with pytest.raises(ReplyLost):
            await bench.call("POST", "/v1/payouts", payout())
        assert [(one["f"], one["k"], one["status"]) for one in await _calls(bench)] == [
            ("create_payout", "loan-1", 0)
        ]
        assert len(await bench.ledger()) == 1

    play(scenario)


def test_what_a_callback_told_and_what_was_answered_is_kept() -> None:
    """Each attempt, also where nobody answered."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        bench.replies = ["no reply", '{"code":"does_not_fit"}', "success"]
        await bench.call("POST", "/v1/payouts", payout())
        await bench.clock.advance(5)
        calls = await _calls(bench)
        answers = [None, '{"code":"does_not_fit"}', "success"]
        assert [one["answer"] for one in calls] == answers
        assert {one["told"]["amount_minor"] for one in calls} == {600_000}

    play(scenario)

"""A notification provider delivers each message once and keeps a transcript."""

from __future__ import annotations

from typing import Any

import pytest

from mock_services.calls import ReplyLost
from tests.unit.mock_services.asgi import Bench, play

pytestmark = pytest.mark.unit


def _batch(*ids: str) -> dict[str, Any]:
    named = [{"message_id": one, "reference": f"app-{one}"} for one in ids]
    return {"messages": [{**one, "to": "b-0001", "status": "active"} for one in named]}


async def _send(bench: Bench, *ids: str) -> tuple[int, Any]:
    return await bench.call("POST", "/v1/messages", _batch(*ids))


def test_what_is_sent_again_is_delivered_once() -> None:
    """The transcript says to whom, about what, and what was said."""

    async def scenario() -> None:
        bench = Bench("notification")
        assert await _send(bench, "m1", "m2") == (200, {"accepted": 2})
        assert await _send(bench, "m2", "m3") == (200, {"accepted": 2})
        entries = await bench.ledger()
        assert [entry["request_id"] for entry in entries] == ["m1", "m2", "m3"]
        first = entries[0]
        assert (first["f"], first["k"], first["to"]) == ("message", "app-m1", "b-0001")
        assert first["status"] == "active"

    play(scenario)


def test_it_can_be_told_to_do_wrong_like_every_stand_in() -> None:
    """An error and a lost request leave no entry, a lost reply does."""

    async def scenario() -> None:
        bench = Bench("notification")
        await bench.rules(
            {"op": "send", "effect": "error", "last": 1},
            {"op": "*", "effect": "request_lost", "first": 2, "last": 2},
            {"op": "send", "effect": "reply_lost", "first": 3, "last": 3},
        )
        assert (await _send(bench, "m1"))[0] == 503
        for one in ("m2", "m3"):
            with pytest.raises(ReplyLost):
                await _send(bench, one)
        assert [entry["request_id"] for entry in await bench.ledger()] == ["m3"]

    play(scenario)


def test_a_batch_that_is_none_is_refused() -> None:
    """Nothing in it, or a field that there is not."""

    async def scenario() -> None:
        bench = Bench("notification")
        assert (await _send(bench))[0] == 422
        wrong = {"messages": [{**_batch("m1")["messages"][0], "colour": "red"}]}
        assert (await bench.call("POST", "/v1/messages", wrong))[0] == 422
        assert await bench.ledger() == []

    play(scenario)

"""The control plane lets only the harness in, and tells it what really happened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mock_services.calls import ReplyLost
from mock_services.clock import RunClock
from mock_services.dice import seeded
from mock_services.journal import MemoryJournal
from mock_services.stand_in import World
from tests.unit.mock_services.asgi import TOKEN, Bench, payout, play

pytestmark = pytest.mark.unit
CONTROL = [
    ("GET", "/_ledger"),
    ("GET", "/_counts"),
    ("GET", "/_control/behaviour"),
    ("PUT", "/_control/behaviour"),
]


@pytest.mark.parametrize(("method", "path"), CONTROL)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x-harness-token": "wrong"}, 401),
        ({"x-harness-token": ""}, 401),
        ({"x-harness-token": TOKEN, "origin": "http://evil.example"}, 403),
    ],
)
def test_control_needs_the_token_and_refuses_web_pages(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """No route of the control plane answers a stranger or a browser."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        assert (await bench.call(method, path, {"rules": []}, **headers))[0] == status

    play(scenario)


def test_behaviour_is_answered_as_it_was_stored() -> None:
    """PUT and GET give the whole document, with defaults filled in."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        rule = {"id": "r1", "op": "create_payout", "effect": "reply_lost"}
        stored = await bench.control("PUT", "/_control/behaviour", {"rules": [rule]})
        full: dict[str, Any] = {
            "share": 1.0,
            "first": 1,
            "last": None,
            "key": None,
            "per_key": False,
            "args": {},
        }
        assert stored == (200, {"rules": [{**rule, **full}]})
        assert await bench.control("GET", "/_control/behaviour") == stored

    play(scenario)


def test_bad_behaviour_is_refused_whole_and_changes_nothing() -> None:
    """A 400 lists every problem; the rules from before stay."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": "error"})
        bad = {"rules": [{"id": "a", "op": "create_payout", "effect": "explode", "share": 2}]}
        status, answer = await bench.control("PUT", "/_control/behaviour", bad)
        assert (status, len(answer["problems"])) == (400, 2)
        assert "rules[0].effect: got 'explode'; allowed: error, " in answer["message"]
        assert (await bench.control("PUT", "/_control/behaviour", b"{"))[0] == 400
        rules = (await bench.control("GET", "/_control/behaviour"))[1]["rules"]
        assert [rule["effect"] for rule in rules] == ["error"]

    play(scenario)


def test_counts_hold_every_call_also_those_that_a_rule_refused() -> None:
    """Calls by op, hits by rule: what the harness compares with what the service claims."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules(
            {"op": "create_payout", "effect": "error", "last": 1},
            {"op": "create_payout", "effect": "request_lost", "first": 2, "last": 2},
        )
        assert (await bench.call("POST", "/v1/payouts", payout()))[0] == 503
        with pytest.raises(ReplyLost):
            await bench.call("POST", "/v1/payouts", payout())
        assert (await bench.call("POST", "/v1/payouts", payout()))[0] == 200
        await bench.call("GET", "/v1/requests/p-1")
        assert (await bench.control("GET", "/_counts"))[1] == {
            "calls": {"create_payout": 3, "inquire": 1},
            "rules": {"r0": 1, "r1": 1},
            "callbacks": {"sent": 0, "acknowledged": 0, "failed": 0},
            "turned_away": 0,
        }

    play(scenario)


def test_ledger_numbers_and_stamps_its_entries_on_the_run_clock() -> None:
    """Entries come oldest first, with the name of the stand-in."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.call("POST", "/v1/payouts", payout())
        await bench.clock.advance(2.5)
        await bench.call("POST", "/v1/payouts", payout("p-2", reference="loan-2"))
        answer = (await bench.control("GET", "/_ledger"))[1]
        assert answer["name"] == "bench"
        stamps = [(entry["i"], entry["t_s"], entry["k"]) for entry in answer["entries"]]
        assert stamps == [(0, 0.0, "loan-1"), (1, 2.5, "loan-2")]

    play(scenario)


def test_every_kind_is_alive_without_a_token() -> None:
    """`/livez` is for whoever waits for the program to be up."""

    async def scenario() -> None:
        for bench in (Bench("payment_gateway"), Bench("risk_engine"), Bench("funding_provider")):
            assert await bench.call("GET", "/livez") == (200, {"status": "ok"})

    play(scenario)


def test_empty_token_is_refused() -> None:
    """An unset token must not open the control plane."""

    async def nobody(url: str, body: object) -> str:
        return ""

    with pytest.raises(ValueError, match="HARNESS_TOKEN"):
        World(RunClock(0), seeded(1), nobody, asyncio.ensure_future, "", MemoryJournal())


def test_dice_are_the_same_in_every_process() -> None:
    """A stream follows from seed and name alone: the figure is written down here."""
    assert seeded(7)("risk/score").randrange(1000) == 982
    assert seeded(7)("risk/score").random() != seeded(7)("risk/limit").random()
    assert seeded(7)("risk/score").random() != seeded(8)("risk/score").random()

"""A stand-in by mappings: what it is asked is written down, its ledger is as everybody's."""

from __future__ import annotations

import hmac
import json
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


@pytest.mark.parametrize(
    ("reply", "said"), [(500, 500), (["{path.who}", 1], ["me", 1]), ("{path.who}", "me"), ([], [])]
)
def test_an_answer_is_any_json(reply: Any, said: Any) -> None:
    """A balance is a bare number with some, a history a list."""

    async def scenario() -> None:
        bench = Bench("mapping", mappings=[{"on": "GET /of/{who}", "op": "of", "reply": reply}])
        assert await bench.call("GET", "/of/me") == (200, said)

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


def test_the_seed_and_the_key_decide_who_is_declined_and_what_is_drawn() -> None:
    """The same in every run of a seed, again for the same key; the share is about what it says."""
    rated = {**PAYOUT, "once-by": "", "declines": 0.3, "when": {"body.n": 1}}
    rated["reply"] = {"id": "{key}", "score": "{dice.300.850}"}

    async def answers() -> list[tuple[int, Any]]:
        bench, told = Bench("mapping", mappings=[rated]), []
        for number in range(60):
            body = {"n": "1", "amount": 5, "loan": {"id": f"loan-{number % 50}"}}
            told.append(await bench.call("POST", "/v1/me/payouts", body))
        return told

    async def scenario() -> None:
        told = await answers()
        assert told == await answers()
        assert told[:10] == told[50:]
        scores = {body["score"] for _, body in told if "score" in body}
        assert 5 <= sum("score" not in body for _, body in told[:50]) <= 25
        assert len(scores) > 20
        assert 300 <= min(scores) <= max(scores) <= 850

    play(scenario)


HOOK = {
    "to": "http://caller/hooks",
    "body": {"loan": "{key}", "amount": "{body.amount}", "status": "paid"},
    "declined": {"loan": "{key}", "status": "failed"},
    "amount": "amount",
    "after": 2.0,
    "gaps": [1.0],
    "sign": {"header": "X-Signature", "secret": "${HOOK_SECRET}"},
}


async def _told(*rules: dict[str, Any], statuses: tuple[int, ...] = ()) -> list[Any]:
    """What a payout is followed by: instants and bodies of callbacks."""
    bench = Bench("mapping", mappings=[{**PAYOUT, "callback": HOOK}])
    bench.statuses += statuses
    await bench.rules(*rules)
    await _pay(bench, "r1")
    await _pay(bench, "r1")
    await bench.clock.advance(30.0)
    return [(at, json.loads(body)) for at, _, body, _ in bench.posts]


def test_a_callback_is_signed_and_repeated_until_it_is_acknowledged() -> None:
    """Once a request, with the secret of the environment; any 2xx acknowledges."""

    async def scenario() -> None:
        bench = Bench("mapping", mappings=[{**PAYOUT, "callback": HOOK}])
        bench.statuses += [500]
        await _pay(bench, "r1")
        await bench.clock.advance(30.0)
        paid = b'{"loan":"loan-1","amount":500,"status":"paid"}'
        signature = hmac.new(b"s3cret", paid, "sha256").hexdigest()
        headers = {"content-type": "application/json", "X-Signature": signature}
        hook = ("http://caller/hooks", paid, headers)
        assert bench.posts == [(2.0, *hook), (3.0, *hook)]
        counts = (await bench.control("GET", "/_counts"))[1]["callbacks"]
        assert counts == {"sent": 2, "acknowledged": 1, "failed": 1}

    play(scenario)


def test_faults_of_callbacks_work_on_those_of_a_mapping() -> None:
    """Twice, late, never, with a wrong amount, of a refusal, of an earlier life."""

    async def scenario() -> None:
        paid = {"loan": "loan-1", "amount": 500, "status": "paid"}
        failed = {"loan": "loan-1", "status": "failed"}
        callback = {"op": "callback"}
        assert await _told() == [(2.0, paid)]
        assert await _told({**callback, "effect": "callback_lost"}) == []
        twice = await _told({**callback, "effect": "duplicate_callback", "args": {"times": 2}})
        assert [body for _, body in twice] == [paid, paid]
        wrong = await _told({**callback, "effect": "wrong_amount", "args": {"delta_minor": 7}})
        assert wrong == [(2.0, {**paid, "amount": 507})]
        late = {"delay_s": 5.0, "status": "FAILED"}
        both = await _told({**callback, "effect": "late_callback", "args": late})
        assert both == [(2.0, paid), (7.0, failed)]
        assert await _told({"op": "create_payout", "effect": "decline"}) == [(2.0, failed)]
        first = Bench("mapping", mappings=[{**PAYOUT, "callback": HOOK}])
        await _pay(first, "r1")
        for task in first.tasks:
            task.cancel()
        second = Bench("mapping", journal=first.journal, mappings=[{**PAYOUT, "callback": HOOK}])
        await second.clock.advance(30.0)
        assert [json.loads(body) for _, _, body, _ in second.posts] == [paid]

    play(scenario)


def test_the_first_mapping_that_fits_takes_a_request() -> None:
    """By fields and headers; one that fits none is told so and not counted."""

    async def scenario() -> None:
        on = {"on": "POST /v1/score", "ledger": {"entry": "score"}}
        vip = {**on, "op": "vip", "when": {"body.tier": "vip", "header.X-Env": "t"}}
        plain = {**on, "op": "plain", "when": {"body.tier": "plain"}, "reply": {"score": 1}}
        bench = Bench("mapping", mappings=[{**vip, "reply": {"score": 9}}, plain])
        asked = await bench.call("POST", "/v1/score", {"tier": "vip"}, **{"x-env": "t"})
        assert asked == (200, {"score": 9})
        assert await bench.call("POST", "/v1/score", {"tier": "plain"}) == (200, {"score": 1})
        status, answer = await bench.call("POST", "/v1/score", {"tier": "vip"})
        assert (status, answer["code"]) == (404, "no_mapping")
        counts = (await bench.control("GET", "/_counts"))[1]["calls"]
        assert counts == {"vip": 1, "plain": 1}

    play(scenario)


def test_mappings_may_meet_and_share_an_op() -> None:
    """Along one path or several; done once by one key, each with a callback of its own."""

    async def scenario() -> None:
        once = {"op": "pay", "once-by": "body.request", "ledger": {"entry": "payout"}}
        hook = {"to": "http://caller/hooks", "body": {"who": "{path.who}"}, "after": 1.0}
        vip = {**once, "on": "POST /v1/vip/payouts", "when": {"body.big": True}, "reply": {"n": 1},
               "callback": {**hook, "body": {"who": "big"}}}  # fmt: skip
        plain = {**once, "on": "POST /v1/{who}/payouts", "reply": {"n": 2}, "callback": hook}
        bench = Bench("mapping", mappings=[vip, plain])
        asked = [("vip", True, "a"), ("vip", False, "b"), ("vip", True, "b"), ("me", True, "c")]
        told = [
            (await bench.call("POST", f"/v1/{who}/payouts", {"big": big, "request": by}))[1]["n"]
            for who, big, by in asked
        ]
        assert told == [1, 2, 2, 2]
        counts = (await bench.control("GET", "/_counts"))[1]["calls"]
        assert counts == {"pay": 4}
        await bench.clock.advance(2.0)
        said = [json.loads(body)["who"] for _, _, body, _ in bench.posts]
        assert said == ["big", "vip", "me"]

    play(scenario)


def test_amounts_are_read_as_they_are_written() -> None:
    """A text with decimals is minor units; one that is no amount is refused, and nothing booked."""

    async def scenario() -> None:
        booking = {"entry": "payout", "amount": "body.lines.0.value", "decimals": 2}
        bench = Bench("mapping", mappings=[{"on": "POST /pay", "op": "pay", "ledger": booking}])
        statuses = [
            (await bench.call("POST", "/pay", {"lines": [{"value": value}]}))[0]
            for value in ("120.50", 7, 0.1, "1.005", "much", None)
        ]
        assert statuses == [200, 200, 200, 422, 422, 422]
        assert [entry["amount_minor"] for entry in await bench.ledger()] == [12050, 700, 10]

    play(scenario)

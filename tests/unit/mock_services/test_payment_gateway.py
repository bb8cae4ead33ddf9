"""A payment gateway moves money once, tells the truth in its ledger, and calls back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from mock_services.calls import Call, Reply, ReplyLost
from mock_services.effect_args import ErrorAfterArgs, ErrorArgs, FieldsArgs, GarbledArgs
from mock_services.effects import EFFECTS
from tests.unit.mock_services.asgi import Bench, VirtualClock, payout, play

pytestmark = pytest.mark.unit
DONE = Reply(200, {})


def test_same_request_id_twice_is_one_payout() -> None:
    """The second answer is the first one, and the ledger holds one entry."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        first = await bench.call("POST", "/v1/payouts", payout())
        await bench.clock.advance(3)
        assert await bench.call("POST", "/v1/payouts", payout()) == first
        assert first == (200, {"request_id": "p-1", "status": "SUCCESS", "settled_s": 0.0})
        assert len(await bench.ledger()) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/v1/payouts", payout(amount_minor=1)),
        (
            "/v1/debits",
            {
                "request_id": "p-1",
                "reference": "loan-1",
                "amount_minor": 600_000,
                "currency": "CNY",
                "payer": "b-0001",
            },
        ),
    ],
)
def test_request_id_with_another_body_is_a_conflict(path: str, other: dict[str, Any]) -> None:
    """Another amount, or a debit under a payout's id, is refused and moves nothing."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.call("POST", "/v1/payouts", payout())
        status, answer = await bench.call("POST", path, other)
        assert (status, answer["code"]) == (409, "request_id_reused")
        assert len(await bench.ledger()) == 1

    play(scenario)


@pytest.mark.parametrize(
    "bad",
    [
        payout(amount_minor=0),
        payout(amount_minor="600000"),
        payout(currency="EUR"),
        payout(payee=""),
        payout(tip=1),
        b"{",
        b"\xff\xfe",
        {},
    ],
)
def test_bad_body_is_refused_and_moves_nothing(bad: Any) -> None:
    """Every malformed body is a 422 with a code, is counted, and leaves no entry."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        status, answer = await bench.call("POST", "/v1/payouts", bad)
        assert (status, answer["code"]) == (422, "bad_body")
        assert await bench.ledger() == []
        counts = (await bench.control("GET", "/_counts"))[1]
        assert counts["calls"] == {"create_payout": 1}

    play(scenario)


def test_inquiry_tells_what_happened_and_denies_the_unknown() -> None:
    """A known request answers with its facts, an unknown one with 404 not_found."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.call("POST", "/v1/payouts", payout())
        known = await bench.call("GET", "/v1/requests/p-1")
        assert known == (
            200,
            {
                "request_id": "p-1",
                "kind": "payout",
                "reference": "loan-1",
                "amount_minor": 600_000,
                "status": "SUCCESS",
                "settled_s": 0.0,
            },
        )
        status, answer = await bench.call("GET", "/v1/requests/p-2")
        assert (status, answer["code"]) == (404, "not_found")

    play(scenario)


def test_wrong_path_does_not_read_like_an_unknown_request() -> None:
    """A caller with a wrong route must not conclude that money never moved."""

    async def scenario() -> None:
        status, answer = await Bench("payment_gateway").call("GET", "/v1/request/p-1")
        assert (status, answer["code"]) == (404, "no_such_route")

    play(scenario)


def test_reply_lost_moves_the_money_and_gives_no_reply() -> None:
    """The app raises ReplyLost, and the ledger holds the payout."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": "reply_lost"})
        with pytest.raises(ReplyLost):
            await bench.call("POST", "/v1/payouts", payout())
        (entry,) = await bench.ledger()
        assert (entry["f"], entry["k"], entry["status"]) == ("payout", "loan-1", "SUCCESS")

    play(scenario)


def test_request_lost_moves_nothing_and_gives_no_reply() -> None:
    """The app raises ReplyLost, and the request stays unknown."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": "request_lost"})
        with pytest.raises(ReplyLost):
            await bench.call("POST", "/v1/payouts", payout())
        assert await bench.ledger() == []
        assert (await bench.call("GET", "/v1/requests/p-1"))[0] == 404

    play(scenario)


@pytest.mark.parametrize("effect", ["error", "error_after"])
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("seconds", {b"retry-after": b"7"}),
        (
            "date",
            {
                b"date": b"Thu, 01 Jan 2026 00:00:00 GMT",
                b"retry-after": b"Thu, 01 Jan 2026 00:00:07 GMT",
            },
        ),
    ],
)
def test_error_may_ask_to_be_left_alone(
    effect: str, form: Literal["seconds", "date"], expected: dict[bytes, bytes]
) -> None:
    """`Retry-After` as seconds, and as a date that is read beside `Date`."""

    async def scenario() -> None:
        async def do() -> Reply:
            return DONE

        call = Call("inquire", VirtualClock(), do, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        args = ErrorAfterArgs(status=429, retry_after_s=7, retry_after_as=form)
        reply = await EFFECTS[effect].run(call, args)
        assert (reply.status, dict(reply.headers)) == (429, expected)

    play(scenario)


def _shown(effect: str, args: Any, answer: Reply) -> Reply:
    async def do() -> Reply:
        return answer

    call = Call("inquire", VirtualClock(), do, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    found: list[Reply] = []

    async def scenario() -> None:
        found.append(await EFFECTS[effect].run(call, args))

    play(scenario)
    return found[0]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("html", b"<html><body><h1>Please try again</h1></body></html>"),
        ("truncated", b'{"status":"'),
        ("empty", b""),
        ("list", b'[{"status":"SUCCESSFUL"}]'),
    ],
)
def test_a_garbled_reply_is_no_json_object(
    form: Literal["html", "truncated", "empty", "list"], body: bytes
) -> None:
    """Whatever its status says, the work was done."""
    args = GarbledArgs(status=201, form=form)
    reply = _shown("garbled", args, Reply(200, {"status": "SUCCESSFUL"}))
    assert (reply.status, reply.body) == (201, body)


def test_a_reply_can_have_other_values_and_lack_some() -> None:
    """All else stays as it is."""
    args = FieldsArgs({"status": "MAYBE", "settled_s": None})
    reply = _shown("other_fields", args, Reply(200, {"id": 1, "status": "SUCCESS", "settled_s": 2}))
    assert reply == Reply(200, {"id": 1, "status": "MAYBE"})


def test_an_error_can_have_a_code_of_the_contract() -> None:
    """A refusal that is none of a proxy."""
    reply = _shown("error", ErrorArgs(status=409, code="wrong_state"), DONE)
    assert (reply.status, reply.body["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("effect", "status", "entries"), [("error", 503, 0), ("error_after", 500, 1)]
)
def test_error_is_before_the_effect_and_error_after_behind_it(
    effect: str, status: int, entries: int
) -> None:
    """Both answer an error; only one of them moved money."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": effect})
        assert (await bench.call("POST", "/v1/payouts", payout()))[0] == status
        assert len(await bench.ledger()) == entries

    play(scenario)


def test_slow_moves_the_money_at_once_and_replies_late() -> None:
    """A caller that gives up while it waits is wrong about the money."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        rule = {"op": "create_payout", "effect": "slow", "args": {"delay_s": 30}}
        await bench.rules(rule)
        bench.spawn(_expect_success(bench))
        await bench.clock.advance(29)
        assert len(await bench.ledger()) == 1
        assert not bench.tasks[0].done()
        await bench.clock.advance(1)
        await bench.tasks[0]

    play(scenario)


async def _expect_success(bench: Bench) -> None:
    status, answer = await bench.call("POST", "/v1/payouts", payout())
    assert (status, answer["status"]) == (200, "SUCCESS")


def test_late_success_fails_first_and_succeeds_later() -> None:
    """FAILED in the reply, then SUCCESS in the ledger, at inquiry and by callback."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        rule = {"op": "create_payout", "effect": "late_success", "args": {"delay_s": 5}}
        await bench.rules(rule)
        assert (await bench.call("POST", "/v1/payouts", payout()))[1]["status"] == "FAILED"
        await bench.clock.advance(4.9)
        assert [entry["status"] for entry in await bench.ledger()] == ["FAILED"]
        assert bench.callbacks == []
        await bench.clock.advance(0.3)
        entries = [(entry["t_s"], entry["status"]) for entry in await bench.ledger()]
        assert entries == [(0.0, "FAILED"), (5.0, "SUCCESS")]
        assert (await bench.call("GET", "/v1/requests/p-1"))[1]["status"] == "SUCCESS"
        assert [sent["status"] for sent in bench.callbacks] == ["SUCCESS"]

    play(scenario)


@pytest.mark.parametrize(("delay_s", "in_the_end"), [(5, "SUCCESS"), (None, "PROCESSING")])
def test_processing_becomes_success_later_or_never(delay_s: int | None, in_the_end: str) -> None:
    """Its entry says that it is open; null means for ever."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        args = {"delay_s": delay_s}
        await bench.rules({"op": "create_payout", "effect": "processing", "args": args})
        assert (await bench.call("POST", "/v1/payouts", payout()))[1]["status"] == "PROCESSING"
        entries = [(entry["status"], entry["open"]) for entry in await bench.ledger()]
        assert entries == [("PROCESSING", True)]
        await bench.clock.advance(3600)
        assert (await bench.call("POST", "/v1/payouts", payout()))[1]["status"] == in_the_end

    play(scenario)


def test_decline_is_final_and_announced() -> None:
    """A declined payout is FAILED in reply, ledger and callback."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": "decline"})
        answer = (await bench.call("POST", "/v1/payouts", payout()))[1]
        assert (answer["status"], answer["settled_s"]) == ("FAILED", None)
        await bench.clock.advance(1)
        assert [sent["status"] for sent in bench.callbacks] == ["FAILED"]

    play(scenario)


def test_not_found_then_found() -> None:
    """The first inquiry denies a payout that the ledger holds."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "inquire", "effect": "not_found", "last": 1})
        await bench.call("POST", "/v1/payouts", payout())
        statuses = [(await bench.call("GET", "/v1/requests/p-1"))[0] for _ in range(2)]
        assert statuses == [404, 200]

    play(scenario)


def test_failed_that_is_not_final_becomes_a_success() -> None:
    """The code tells the two apart; a decline is final."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        rule = {"op": "create_payout", "effect": "late_success", "args": {"delay_s": 3.0}}
        await bench.rules({**rule, "last": 1}, {"op": "create_payout", "effect": "decline"})
        _, late = await bench.call("POST", "/v1/payouts", payout())
        _, declined = await bench.call("POST", "/v1/payouts", payout("p-2", reference="loan-2"))
        assert (late["status"], late["code"]) == ("FAILED", "CHANNEL_ERROR")
        assert (declined["status"], declined["code"]) == ("FAILED", "DECLINED")
        await bench.clock.advance(5)
        told = {one["request_id"]: one["status"] for one in bench.callbacks}
        assert told == {"p-1": "SUCCESS", "p-2": "FAILED"}

    play(scenario)


def test_declined_for_good_and_paid_all_the_same() -> None:
    """The answer lies; the statement and the ledger do not."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        args = {"delay_s": 3.0, "code": "DECLINED"}
        await bench.rules({"op": "create_payout", "effect": "late_success", "args": args})
        _, told = await bench.call("POST", "/v1/payouts", payout())
        _, books = await bench.call("GET", "/v1/statement/loan-1")
        assert (told["status"], told["code"]) == ("FAILED", "DECLINED")
        assert books["payments"] == [{"request_id": "p-1", "status": "PROCESSING"}]
        await bench.clock.advance(5)
        entries = [(entry["status"], entry.get("open")) for entry in await bench.ledger()]
        assert entries == [("FAILED", True), ("SUCCESS", None)]
        assert [one["status"] for one in bench.callbacks] == ["SUCCESS"]

    play(scenario)


def test_contradiction_comes_after_the_callback() -> None:
    """SUCCESS in time, FAILED of an earlier attempt three seconds later."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        args = {"delay_s": 3.0, "status": "FAILED"}
        await bench.rules({"op": "callback", "effect": "late_callback", "args": args})
        await bench.call("POST", "/v1/payouts", payout())
        await bench.clock.advance(5)
        assert [one["status"] for one in bench.callbacks] == ["SUCCESS", "FAILED"]
        assert bench.callback_times_s == pytest.approx([0.1, 3.1])

    play(scenario)


def test_held_callback_is_overtaken() -> None:
    """The callback of the first payment comes after that of the second."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        rule = {"op": "callback", "effect": "late_callback", "last": 1, "args": {"delay_s": 2.0}}
        await bench.rules(rule)
        for request_id in ("p-1", "p-2"):
            await bench.call("POST", "/v1/payouts", payout(request_id, reference=request_id))
            await bench.clock.advance(0.01)
        await bench.clock.advance(5)
        assert [one["request_id"] for one in bench.callbacks] == ["p-2", "p-1"]

    play(scenario)


def test_forgotten_id_moves_money_again_and_the_statement_tells() -> None:
    """An inquiry is told "not found"; the books hold the payment all the same."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.call("POST", "/v1/payouts", payout())
        await bench.clock.advance(2)
        await bench.rules({"op": "*", "effect": "key_expired", "args": {"after_s": 1.0}})
        assert (await bench.call("GET", "/v1/requests/p-1"))[0] == 404
        held = (await bench.call("GET", "/v1/statement/loan-1"))[1]["payments"]
        assert held == [{"request_id": "p-1", "status": "SUCCESS", "settled_s": 0.0}]
        await bench.call("POST", "/v1/payouts", payout())
        assert len(await bench.ledger()) == 2

    play(scenario)

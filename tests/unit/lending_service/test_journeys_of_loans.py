"""Borrowers' stories from beginning to end, on naive and hardened designs, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lending_service.ports import Reply
from tests.unit.lending_service.world import SUBMIT, World, asgi_call, design, in_world

FIVE = {"code", "message", "retryable", "retry_after_s", "reference"}


def test_apply_be_paid_and_repay_to_the_last_cent() -> None:
    """The whole life of a loan: every amount is where it should be, on both sides."""

    async def story(world: World) -> None:
        status, reply = await world.submit()
        assert (status, reply["status"]) == (202, "acknowledged")
        assert reply["next_update_by_s"] > world.clock.now_s()
        await world.clock.pass_s(1.0)
        app = await world.application(reply["application_id"])
        assert app["status"] == "active"
        assert app["decision"] == {"by": "model", "score_age_days": 0.0, "rescored": False}
        loan_id = app["loan_id"]
        assert world.third.moved("payout") == [("payment_a", "payout", loan_id, 300_000)]
        assert len(world.third.moved("commit", app["application_id"])) == 1
        for n in range(3):
            path = f"/v1/loans/{loan_id}/repayments"
            _, taken = await world.call("POST", path, {"amount_minor": 100_000}, f"r{n}")
            await world.clock.pass_s(1.0)
            repayment = await world.get(f"/v1/repayments/{taken['repayment_id']}")
            assert repayment["status"] == "credited"
        loan = await world.get(f"/v1/loans/{loan_id}")
        assert (loan["status"], loan["outstanding_minor"]) == ("settled", 0)
        assert [item["paid_minor"] for item in loan["schedule"]] == [100_000] * 3
        assert len(world.third.moved("debit")) == 3

    assert in_world(design("hardened"), story).reports == []


def test_naive_service_serves_when_nothing_is_wrong() -> None:
    """The comparison is fair: without a fault the naive design works."""

    async def story(world: World) -> None:
        status, reply = await world.submit()
        assert (status, reply["status"]) == (202, "active")
        status, reply = await world.repay()
        assert (status, reply["status"]) == (202, "credited")

    in_world(design("naive"), story)


def test_naive_pays_twice_when_the_reply_is_lost() -> None:
    """X01: a new request id for each try is a new payout for each try."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        status, reply = await world.submit()
        assert status == 503
        assert reply == {"code": "service_unavailable", "message": "service unavailable"}
        assert len({reference for _, _, reference, _ in world.third.moved("payout")}) == 1
        assert len(world.third.moved("payout")) == 3

    in_world(design("naive"), story)


def test_naive_pays_twice_also_when_a_callback_comes_in_between() -> None:
    """X01: a retry loop knows its own tries only, not what a callback has said meanwhile."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        asking = asyncio.ensure_future(
            asgi_call(world.service.asgi, "POST", "/v1/applications", SUBMIT, "k1")
        )
        await world.clock.settle()
        payment = next(iter(world.third.payments.values()))
        await asgi_call(world.service.asgi, "POST", "/callbacks/payments", told(payment))
        await world.drive(asking)
        assert len(world.third.moved("payout")) > 1

    in_world(design("naive"), story)


def test_hardened_pays_once_when_the_reply_is_lost() -> None:
    """X01: the inquiry finds the payout; the borrower reads why it takes longer."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        _, reply = await world.submit()
        await world.clock.pass_s(0.3)
        app = await world.application(reply["application_id"])
        assert app["status"] == "payment_unknown"
        assert "not be sent twice" in app["message"]
        assert app["next_update_by_s"] > world.clock.now_s()
        await world.clock.pass_s(1.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert len(world.third.moved("payout")) == 1

    in_world(design("hardened"), story)


def test_unknown_payout_never_goes_to_the_other_gateway() -> None:
    """X12: silent for 90 s, asked about for ever, explained throughout; then it turns out paid."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        world.third.script["payment_a", "inquire_payment"] = "request_lost"
        _, reply = await world.submit()
        await world.clock.pass_s(90.0)
        app = await world.application(reply["application_id"])
        assert app["status"] == "manual"
        assert app["message"]
        assert app["next_update_by_s"] is not None
        assert [name for name, _, _, _ in world.third.moved("payout")] == ["payment_a"]
        world.third.script.clear()
        await world.clock.pass_s(15.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert len(world.third.moved("payout")) == 1

    in_world(design("hardened"), story)


def test_payout_that_never_arrived_is_sent_again_under_its_own_id() -> None:
    """X07: only after two "never saw it"; same id, same gateway."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "request_lost"
        _, reply = await world.submit()
        await world.clock.pass_s(0.2)
        world.third.script.clear()
        await world.clock.pass_s(5.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert world.third.calls.count(("payment_a", "inquire_payment")) == 2
        assert len(world.third.payments) == 1

    in_world(design("hardened"), story)


@pytest.mark.parametrize("status", [401, 403, 407, 408, 418, 421, 425, 429, 500, 502, 503])
@pytest.mark.parametrize("operation", ["payout", "debit"])
def test_status_that_is_no_word_of_the_contract_moves_no_money_twice(
    status: int, operation: str
) -> None:
    """U5 M1: after any of them the money may have moved: it is asked about, and nothing fails."""

    async def story(world: World) -> None:
        honest = world.third.pay

        def proxied(*call: Any) -> Reply:
            honest(*call)
            return Reply(status, {})

        world.third.pay = proxied
        if operation == "payout":
            _, reply = await world.submit()
        else:
            _, reply = await world.repay()
        await world.clock.pass_s(3.0)
        assert [name for name, _, _, _ in world.third.moved(operation)] == ["payment_a"]
        if operation == "payout":
            assert (await world.application(reply["application_id"]))["status"] == "active"
        else:
            told = await world.get(f"/v1/repayments/{reply['repayment_id']}")
            assert told["status"] == "credited"

    in_world(design("hardened"), story)


def test_status_that_the_design_trusts_goes_to_the_other_gateway_at_once() -> None:
    """A design may say by which statuses its third parties promise to have done nothing."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "error"
        _, reply = await world.submit()
        await world.clock.pass_s(0.3)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert [name for name, _, _, _ in world.third.moved("payout")] == ["payment_b"]

    in_world(design("hardened", not_taken_statuses=(503,)), story)


@pytest.mark.parametrize("wrong", ["refused", "FAILED"])
def test_definite_failure_goes_to_the_other_gateway(wrong: str) -> None:
    """What was certainly not paid at A may be paid at B, under another id."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = wrong
        _, reply = await world.submit()
        await world.clock.pass_s(2.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert [name for name, _, _, _ in world.third.moved("payout")] == ["payment_b"]

    in_world(design("hardened"), story)


@pytest.mark.parametrize(
    ("failed_payment", "paid_by"),
    [("statement", ["payment_a"]), ("final_code", ["payment_a", "payment_b"])],
)
def test_a_final_no_is_believed_once_the_books_agree(
    failed_payment: str, paid_by: list[str]
) -> None:
    """Gateway A pays and answers that it has declined for good."""

    async def story(world: World) -> None:
        honest = world.third.pay

        def lies(name: str, kind: str, body: dict[str, Any], wrong: str) -> Reply:
            reply = honest(name, kind, body, wrong)
            told = {**reply.body, "status": "FAILED", "code": "DECLINED"}
            return Reply(200, told) if name == "payment_a" else reply

        world.third.pay = lies
        _, reply = await world.submit()
        await world.clock.pass_s(4.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert [name for name, _, _, _ in world.third.moved("payout")] == paid_by

    in_world(design("hardened", failed_payment=failed_payment), story)


def test_payout_refused_everywhere_gives_the_money_back() -> None:
    """Both gateways say FAILED: the reservation is released, and the end is told."""

    async def story(world: World) -> None:
        for gateway in ("payment_a", "payment_b"):
            world.third.script[gateway, "payout"] = "FAILED"
        _, reply = await world.submit()
        await world.clock.pass_s(2.0)
        app = await world.application(reply["application_id"])
        assert (app["status"], app["next_update_by_s"]) == ("reversed", None)
        assert len(world.third.moved("release", app["application_id"])) == 1

    in_world(design("hardened"), story)


def test_naive_approves_everybody_unlabelled_when_risk_is_down() -> None:
    """X20: fail-open."""

    async def story(world: World) -> None:
        world.third.script["risk", "*"] = "refused"
        for n in range(3):
            status, reply = await world.submit(key=f"k{n}", borrower="stranger")
            app = await world.application(reply["application_id"])
            assert (status, app["status"], app["decision"]) == (202, "active", None)

    in_world(design("naive"), story)


def test_hardened_decides_under_caps_then_queues_then_rescores() -> None:
    """X20: a known customer once, the rest waits and is told so; the model has the last word."""

    async def story(world: World) -> None:
        world.third.script["risk", "*"] = "refused"
        replies = [(await world.submit(key=f"k{n}"))[1] for n in range(2)]
        stranger = (await world.submit(key="k9", borrower="stranger"))[1]
        await world.clock.pass_s(5.0)
        first, second, third = [
            await world.application(reply["application_id"]) for reply in (*replies, stranger)
        ]
        assert first["status"] == "active"
        assert first["decision"]["by"] == "stand_in"
        assert 2.9 < first["decision"]["score_age_days"] < 3.1
        assert first["decision"]["rescored"] is False
        for waiting in (second, third):
            assert waiting["status"] == "queued_degraded"
            assert waiting["next_update_by_s"] > world.clock.now_s()
        assert (await world.get("/v1/status"))["operations"]["submit"]["mode"] == "STANDIN"
        world.third.script.clear()
        await world.clock.pass_s(10.0)
        apps = [await world.application(a["application_id"]) for a in (first, second, third)]
        assert apps[0]["decision"]["rescored"] is True
        assert [app["status"] for app in apps] == ["active"] * 3
        assert [app["decision"]["by"] for app in apps] == ["stand_in", "model", "model"]
        assert (await world.get("/v1/status"))["operations"]["submit"]["mode"] == "FULL"

    in_world(design("hardened"), story)


def test_score_that_is_no_score_is_not_believed() -> None:
    """A null score decides nobody's application."""

    async def story(world: World) -> None:
        world.third.script["risk", "score"] = "null"
        _, reply = await world.submit(borrower="stranger")
        await world.clock.pass_s(2.0)
        app = await world.application(reply["application_id"])
        assert app["status"] == "queued_degraded"

    in_world(design("hardened"), story)


def test_application_that_waited_too_long_gets_a_no_that_takes_the_blame() -> None:
    """R8: expired work is answered."""

    async def story(world: World) -> None:
        world.third.script["risk", "*"] = "refused"
        _, reply = await world.submit(borrower="stranger")
        await world.clock.pass_s(70.0)
        app = await world.application(reply["application_id"])
        assert (app["status"], app["reason_code"]) == ("declined", "expired")
        assert await world.store.counts() == {}

    in_world(design("hardened"), story)


def test_naive_refuses_bare_when_its_funder_is_down() -> None:
    """X31: one funder is one too few."""

    async def story(world: World) -> None:
        world.third.script["funding_a", "*"] = "refused"
        status, reply = await world.submit()
        assert (status, set(reply)) == (503, {"code", "message"})

    in_world(design("naive"), story)


def test_hardened_uses_another_funder_when_one_is_down() -> None:
    """X31: every application is funded, by the two that are left."""

    async def story(world: World) -> None:
        world.third.script["funding_a", "*"] = "refused"
        ids = [
            (await world.submit(key=f"k{n}", borrower=f"c-{n}"))[1]["application_id"]
            for n in range(9)
        ]
        await world.clock.pass_s(5.0)
        assert [(await world.application(id_))["status"] for id_ in ids] == ["active"] * 9
        used = [name for name, _, _, _ in world.third.moved("reserve")]
        assert sorted(dict.fromkeys(used)) == ["funding_b", "funding_c"]
        assert len(used) == len(world.third.moved("commit")) == 9

    in_world(design("hardened"), story)


@pytest.mark.parametrize("wrong", ["request_lost", "intercepted"])
def test_funder_lost_before_the_commit_is_told_once_it_is_back(wrong: str) -> None:
    """X31, X92: the borrower has the money; the funder hears of it later."""

    async def story(world: World) -> None:
        for funder in ("funding_a", "funding_b", "funding_c"):
            world.third.script[funder, "commit"] = wrong
        _, reply = await world.submit()
        await world.clock.pass_s(5.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert world.third.moved("commit") == []
        world.third.script.clear()
        await world.clock.pass_s(6.0)
        assert len(world.third.moved("commit")) == 1

    in_world(design("hardened"), story)


def test_unclear_reservation_is_cleared_up_before_another_funder_is_asked() -> None:
    """No application ever holds money at two funders."""

    async def story(world: World) -> None:
        for funder in ("funding_a", "funding_b", "funding_c"):
            world.third.script[funder, "reserve"] = "reply_lost"
            world.third.script[funder, "inquire_reservation"] = "request_lost"
        _, reply = await world.submit()
        await world.clock.pass_s(4.0)
        app = await world.application(reply["application_id"])
        assert (app["status"], app["reason_code"]) == ("queued_degraded", "funding_unclear")
        world.third.script.clear()
        await world.clock.pass_s(5.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert len(world.third.moved("reserve")) == 1

    in_world(design("hardened"), story)


def test_a_reservation_that_may_be_on_its_way_is_not_made_elsewhere_as_well() -> None:
    """That the second call to a funder was not taken says nothing of the first one."""
    wrongs = iter(("request_lost", *["refused"] * 3))

    async def story(world: World) -> None:
        honest = world.third.call

        async def call(name: str, method: str, path: str, *rest: Any) -> Any:
            if path == "/v1/reservations":
                world.third.script[name, "reserve"] = next(wrongs, "")
            return await honest(name, method, path, *rest)

        world.third.call = call  # type: ignore[assignment]  # the same with fewer words
        _, reply = await world.submit()
        await world.clock.pass_s(10.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        asked = {name for name, operation in world.third.calls if operation == "reserve"}
        assert len(asked) == 1, "the late one could still arrive"

    in_world(design("hardened"), story)


def test_naive_refuses_repayment_while_the_gateway_is_down() -> None:
    """S4: the borrower wants to pay and may not."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "*"] = "refused"
        status, reply = await world.repay()
        assert (status, reply["code"]) == (503, "service_unavailable")
        assert (await world.get("/v1/loans/loan-b-0001"))["outstanding_minor"] == 600_000

    in_world(design("naive"), story)


def test_hardened_takes_repayment_while_gateways_are_down_and_credits_it_once() -> None:
    """U5 M3: accepted, queued, effective from the day it was made, credited once."""

    async def story(world: World) -> None:
        for gateway in ("payment_a", "payment_b"):
            world.third.script[gateway, "*"] = "refused"
        at_s = world.clock.now_s()
        status, reply = await world.repay()
        assert (status, reply["status"], reply["effective_at_s"]) == (202, "accepted", at_s)
        await world.clock.pass_s(8.0)
        path = f"/v1/repayments/{reply['repayment_id']}"
        assert (await world.get(path))["status"] == "queued"
        assert (await world.get("/v1/status"))["operations"]["repay"]["mode"] == "QUEUE"
        world.third.script.clear()
        await world.clock.pass_s(8.0)
        repayment = await world.get(path)
        assert (repayment["status"], repayment["effective_at_s"]) == ("credited", at_s)
        assert (await world.get("/v1/loans/loan-b-0001"))["outstanding_minor"] == 400_000
        assert len(world.third.moved("debit")) == 1

    in_world(design("hardened"), story)


def test_debit_with_a_lost_reply_is_credited_once() -> None:
    """X01 for repayments: one debit, one credit."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "debit"] = "reply_lost"
        _, reply = await world.repay()
        await world.clock.pass_s(3.0)
        repayment = await world.get(f"/v1/repayments/{reply['repayment_id']}")
        assert repayment["status"] == "credited"
        assert len(world.third.moved("debit")) == 1

    in_world(design("hardened"), story)


def test_limit_is_live_then_stale_with_its_age_then_a_careful_stand_in() -> None:
    """U4: fresh or marked, never 0."""

    async def story(world: World) -> None:
        live = await world.get("/v1/borrowers/b-0001/limit")
        assert (live["source"], live["available_minor"]) == ("live", 900_000)
        world.third.script["risk", "*"] = "request_lost"
        await world.clock.pass_s(30.0)
        stale = await world.get("/v1/borrowers/b-0001/limit")
        assert stale == {**live, "source": "stale"}
        new = await world.get("/v1/borrowers/stranger/limit")
        assert (new["source"], new["available_minor"]) == ("stand_in", 200_000)

    in_world(design("hardened"), story)


def test_naive_has_no_limit_to_show_without_risk() -> None:
    """S2."""

    async def story(world: World) -> None:
        world.third.script["risk", "*"] = "refused"
        status, _ = await world.call("GET", "/v1/borrowers/b-0001/limit")
        assert status == 503

    in_world(design("naive"), story)


def told(payment: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The callback that fits a payment, with changes."""
    fields = ("request_id", "kind", "reference", "amount_minor", "currency", "status")
    return {"gateway": "payment_a", **{name: payment[name] for name in fields}, **changes}


def test_callback_settles_once_however_often_it_comes() -> None:
    """X03: credited from the callback, once, although the reply was lost and inquiries fail."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "debit"] = "reply_lost"
        world.third.script["payment_a", "inquire_payment"] = "request_lost"
        await world.repay()
        await world.clock.pass_s(0.2)
        payment = next(iter(world.third.payments.values()))
        for _ in range(3):
            assert await world.call("POST", "/callbacks/payments", told(payment)) == (
                200,
                "success",
            )
        assert (await world.get("/v1/loans/loan-b-0001"))["outstanding_minor"] == 400_000
        await world.clock.pass_s(10.0)
        assert (await world.get("/v1/loans/loan-b-0001"))["outstanding_minor"] == 400_000

    in_world(design("hardened"), story)


@pytest.mark.parametrize(
    "forged",
    [
        {"amount_minor": 1},
        {"currency": "USD"},
        {"reference": "rep-other"},
        {"gateway": "payment_b"},
        {"kind": "payout"},
        {"request_id": "never-sent"},
    ],
)
def test_callback_that_does_not_fit_is_refused_and_changes_nothing(forged: dict[str, Any]) -> None:
    """X06 M10."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "debit"] = "reply_lost"
        world.third.script["payment_a", "inquire_payment"] = "request_lost"
        _, reply = await world.repay()
        await world.clock.pass_s(0.2)
        payment = next(iter(world.third.payments.values()))
        status, answer = await world.call("POST", "/callbacks/payments", told(payment, **forged))
        assert status == 422
        assert set(answer) == FIVE
        repayment = await world.get(f"/v1/repayments/{reply['repayment_id']}")
        assert repayment["status"] != "credited"

    in_world(design("hardened"), story)


def test_same_key_is_one_wish_and_another_body_is_refused() -> None:
    """M8: also when ten come at once."""

    async def story(world: World) -> None:
        asgi, path = world.service.asgi, "/v1/loans/loan-b-0001/repayments"
        replies = await world.drive(
            asyncio.gather(
                *(asgi_call(asgi, "POST", path, {"amount_minor": 1000}, "k") for _ in range(10))
            )
        )
        assert len(dict.fromkeys(reply["repayment_id"] for _, reply in replies)) == 1
        status, reply = await world.call("POST", path, {"amount_minor": 1001}, "k")
        assert (status, reply["code"]) == (409, "key_reused")
        other = path.replace("b-0001", "b-0002")  # the same body, for another loan
        status, reply = await world.call("POST", other, {"amount_minor": 1000}, "k")
        assert (status, reply["code"]) == (409, "key_reused")
        await world.clock.pass_s(2.0)
        assert len(world.third.moved("debit")) == 1
        first, second = await world.submit("s"), await world.submit("s")
        assert first == second

    in_world(design("hardened"), story)


def test_naive_takes_the_same_wish_twice() -> None:
    """M8, broken on purpose: the key is ignored."""

    async def story(world: World) -> None:
        first, second = await world.submit("s"), await world.submit("s")
        assert first[1]["application_id"] != second[1]["application_id"]

    in_world(design("naive"), story)


def test_bad_requests_say_what_is_wrong() -> None:
    """U3: all five fields, for every refusal; a refusal never reads like a busy system."""

    async def story(world: World) -> None:
        loan = "/v1/loans/loan-b-0001/repayments"
        asked = [
            (400, "POST", "/v1/applications", {"borrower": "x"}, None),
            (422, "POST", "/v1/applications", {"borrower": "x"}, "k"),
            (400, "POST", "/v1/applications", b"{", "k"),
            (422, "POST", loan, {"amount_minor": 0}, "k"),
            (422, "POST", loan, {"amount_minor": 600_001}, "k"),
            (404, "POST", "/v1/loans/none/repayments", {"amount_minor": 1}, "k"),
            (404, "GET", "/v1/applications/none", None, None),
            (404, "GET", "/nowhere", None, None),
        ]
        for want, method, path, body, key in asked:
            status, reply = await world.call(method, path, body, key)
            assert (status, set(reply)) == (want, FIVE), (path, body)
            assert reply["retryable"] is False

    in_world(design("hardened"), story)


def test_repayments_under_way_count_against_what_is_owed() -> None:
    """Nobody is debited for more than the debt, however fast they click."""

    async def story(world: World) -> None:
        for gateway in ("payment_a", "payment_b"):
            world.third.script[gateway, "*"] = "refused"
        assert (await world.repay(400_000, "r1"))[0] == 202
        assert (await world.repay(400_000, "r2"))[0] == 422
        assert (await world.repay(200_000, "r3"))[0] == 202

    in_world(design("hardened"), story)


@pytest.mark.parametrize("when", ["before", "after"])
def test_crash_around_the_payout_call_still_pays_once(when: str) -> None:
    """The payment was written down before the call: the next process asks before it pays."""

    async def story(world: World) -> None:
        pay = world.third.pay

        def crash(*args: Any) -> Any:
            if when == "after":
                pay(*args)
            raise asyncio.CancelledError

        world.third.pay = crash  # the process dies in this call
        _, reply = await world.submit()
        await world.clock.pass_s(0.2)
        assert (await world.application(reply["application_id"]))["status"] == "paying"
        world.third.pay = pay  # and the gateway was well all along
        await world.crash_and_restart()
        await world.clock.pass_s(5.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert len(world.third.moved("payout")) == 1

    in_world(design("hardened"), story)


def test_acknowledged_wish_survives_a_crash_and_ids_are_not_used_twice() -> None:
    """Acknowledged means durable; the same seed after a restart does not overwrite anything."""

    async def story(world: World) -> None:
        answer = await asgi_call(
            world.service.asgi, "POST", "/v1/loans/loan-b-0001/repayments",
            {"amount_minor": 1000}, "k1",
        )  # fmt: skip
        await world.crash_and_restart()
        again = await world.repay(1000, "k2")
        assert answer[1]["repayment_id"] != again[1]["repayment_id"]
        await world.clock.pass_s(2.0)
        assert len(world.third.moved("debit")) == 2

    in_world(design("hardened"), story)


def test_task_that_raises_is_done_again_and_counted() -> None:
    """Nothing in the outbox is ever lost to an error."""

    async def story(world: World) -> None:
        pay = world.third.pay

        def broken(*args: Any) -> Any:
            raise KeyError("boom")

        world.third.pay = broken  # a defect of ours, once
        _, reply = await world.repay()
        await world.clock.pass_s(0.1)
        assert world.reports[0][0] == "debit"
        world.third.pay = pay  # mended
        await world.clock.pass_s(5.0)
        repayment = await world.get(f"/v1/repayments/{reply['repayment_id']}")
        assert repayment["status"] == "credited"
        assert 'lending_task_failures_total{kind="debit"} 1' in await world.get("/metrics")

    in_world(design("hardened"), story)


def test_breaker_keeps_calls_away_from_a_dead_gateway() -> None:
    """R4: twenty borrowers do not mean sixty calls."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "*"] = "refused"
        for n in range(20):
            await world.submit(key=f"k{n}", borrower=f"c-{n}")
        await world.clock.pass_s(1.0)
        assert world.third.calls.count(("payment_a", "payout")) <= 8
        assert len(world.third.moved("payout")) == 20
        assert 'lending_breaker_state{dependency="payment_a"} 2' in await world.get("/metrics")

    in_world(design("hardened"), story)


def test_health_pages_answer() -> None:
    """Ready means that the store was read."""

    async def story(world: World) -> None:
        assert await world.call("GET", "/livez") == (200, {"status": "ok"})
        assert await world.call("GET", "/readyz") == (200, {"status": "ok"})

    in_world(design("hardened"), story)


@pytest.mark.parametrize("operation", ["payout", "debit"])
def test_failed_that_is_not_final_goes_to_no_other_gateway(operation: str) -> None:
    """X02: FAILED now, SUCCESS later: paid once, and nobody is told that it failed."""

    async def story(world: World) -> None:
        world.third.script["payment_a", operation] = "FAILED"
        honest = world.third.pay

        def in_doubt(*call: Any) -> Reply:
            reply = honest(*call)
            reply.body["code"] = "CHANNEL_ERROR"
            return reply

        world.third.pay = in_doubt
        _, reply = await (world.submit() if operation == "payout" else world.repay())
        await world.clock.pass_s(3.0)
        (payment,) = world.third.payments.values()
        payment.update(status="SUCCESS", code="")
        await world.clock.pass_s(3.0)
        if operation == "payout":
            assert (await world.application(reply["application_id"]))["status"] == "active"
        else:
            told = await world.get(f"/v1/repayments/{reply['repayment_id']}")
            assert told["status"] == "credited"
        assert len(world.third.payments) == 1

    in_world(design("hardened"), story)


def test_payment_that_the_books_hold_is_not_sent_again() -> None:
    """A gateway that has forgotten the id would pay a second time."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        answer = world.third._answer

        def forgetful(name: str, operation: str, *rest: Any) -> Reply:
            if operation == "inquire_payment":
                return Reply(404, {"code": "not_found"})
            return answer(name, operation, *rest)

        world.third._answer = forgetful  # type: ignore[assignment, method-assign]  # forgets
        _, reply = await world.submit()
        await world.clock.pass_s(6.0)
        assert (await world.application(reply["application_id"]))["status"] == "active"
        assert world.third.calls.count(("payment_a", "payout")) == 1

    in_world(design("hardened"), story)

"""A funding provider keeps its quota and writes down every change of state."""

from __future__ import annotations

from typing import Any

import pytest

from mock_services.calls import ReplyLost
from tests.unit.mock_services.asgi import Bench, play, reserve

pytestmark = pytest.mark.unit
PATH = "/v1/reservations"


async def _post(bench: Bench, path: str, body: Any = None) -> tuple[int, str]:
    """Send one request; give status and the state or code that it answered."""
    status, answer = await bench.call("POST", path, body)
    return status, answer.get("status") or answer["code"]


def test_reservation_is_committed_once() -> None:
    """Reserve and commit, each twice: two changes of state, two entries."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        for _ in range(2):
            assert await _post(bench, PATH, reserve()) == (200, "RESERVED")
        for _ in range(2):
            assert await _post(bench, f"{PATH}/f-1/commit") == (200, "COMMITTED")
        assert await _post(bench, f"{PATH}/f-1/release") == (409, "wrong_state")
        changes = [(entry["f"], entry["k"], entry["status"]) for entry in await bench.ledger()]
        assert changes == [("reserve", "app-1", "RESERVED"), ("commit", "app-1", "COMMITTED")]

    play(scenario)


def test_release_gives_the_quota_back() -> None:
    """What was released can be reserved again, under another id."""

    async def scenario() -> None:
        bench = Bench("funding_provider", quota_minor=1_000_000)
        await _post(bench, PATH, reserve())
        assert await _post(bench, PATH, reserve("f-2")) == (409, "quota_exhausted")
        for _ in range(2):
            assert await _post(bench, f"{PATH}/f-1/release") == (200, "RELEASED")
        assert await _post(bench, f"{PATH}/f-1/commit") == (409, "wrong_state")
        assert await _post(bench, PATH, reserve("f-2")) == (200, "RESERVED")

    play(scenario)


def test_quota_counts_reserved_and_committed_money() -> None:
    """The sum never passes the quota, not even by one."""

    async def scenario() -> None:
        bench = Bench("funding_provider", quota_minor=1_200_000)
        await _post(bench, PATH, reserve("f-1"))
        await _post(bench, f"{PATH}/f-1/commit")
        assert await _post(bench, PATH, reserve("f-2", amount_minor=600_001)) == (
            409,
            "quota_exhausted",
        )
        assert await _post(bench, PATH, reserve("f-2")) == (200, "RESERVED")
        assert await bench.call("GET", "/v1/quota") == (
            200,
            {"quota_minor": 1_200_000, "reserved_minor": 600_000, "committed_minor": 600_000},
        )

    play(scenario)


def test_unknown_reservation_is_not_found() -> None:
    """Commit, release and inquiry of what was never reserved are 404 and change nothing."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        for path in (f"{PATH}/f-9/commit", f"{PATH}/f-9/release"):
            assert await _post(bench, path) == (404, "not_found")
        assert (await bench.call("GET", f"{PATH}/f-9"))[0] == 404
        assert await bench.ledger() == []

    play(scenario)


def test_inquiry_tells_the_state_after_a_lost_reply() -> None:
    """Reserve with the reply lost: the reservation is there, and the caller can find it."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        await bench.rules({"op": "reserve", "effect": "reply_lost"})
        with pytest.raises(ReplyLost):
            await bench.call("POST", PATH, reserve())
        told = (await bench.call("GET", f"{PATH}/f-1"))[1]
        assert told == {**reserve(), "status": "RESERVED", "settled_s": None}

    play(scenario)


def test_whoever_asks_late_learns_when_the_money_was_given() -> None:
    """By the ledger's own time, whoever asks and however late: the file of that period has it."""

    async def scenario() -> None:
        bench = Bench("funding_provider", file_period_s=2.0)
        await bench.call("POST", PATH, reserve())
        await bench.clock.advance(1.5)
        await bench.rules({"op": "commit", "effect": "reply_lost"})
        with pytest.raises(ReplyLost):
            await bench.call("POST", f"{PATH}/f-1/commit", {})
        await bench.rules()
        await bench.clock.advance(3.0)
        again = (await bench.call("POST", f"{PATH}/f-1/commit", {}))[1]
        inquired = (await bench.call("GET", f"{PATH}/f-1"))[1]
        assert again["settled_s"] == inquired["settled_s"] == 1.5
        assert (await bench.call("GET", "/v1/files/0"))[1]["count"] == 1

    play(scenario)


def test_same_id_with_another_amount_is_a_conflict() -> None:
    """The reservation keeps its first amount."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        await _post(bench, PATH, reserve())
        assert await _post(bench, PATH, reserve(amount_minor=1)) == (409, "request_id_reused")
        assert (await bench.call("GET", "/v1/quota"))[1]["reserved_minor"] == 600_000

    play(scenario)


def test_quota_gone_refuses_although_there_is_money() -> None:
    """The rule names an application; others are served."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        await bench.rules({"op": "reserve", "effect": "quota_gone", "key": "app-1"})
        assert await _post(bench, PATH, reserve()) == (409, "quota_exhausted")
        assert await _post(bench, PATH, reserve("f-2", reference="app-2")) == (200, "RESERVED")

    play(scenario)


def test_who_withdraws_gives_up_what_was_set_aside_instead_of_committing_it() -> None:
    """Once and for all; what was committed before stays."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        await _post(bench, PATH, reserve("f-1"))
        await _post(bench, f"{PATH}/f-1/commit")
        await bench.rules({"op": "commit", "effect": "withdraw"})
        assert await _post(bench, f"{PATH}/f-1/commit") == (200, "COMMITTED")
        await _post(bench, PATH, reserve("f-2"))
        assert await _post(bench, f"{PATH}/f-2/commit") == (409, "wrong_state")
        await bench.rules()
        assert await _post(bench, f"{PATH}/f-2/commit") == (409, "wrong_state")
        assert (await bench.ledger())[-1]["status"] == "RELEASED"

    play(scenario)


def test_whose_count_is_raced_takes_more_than_the_quota_it_tells() -> None:
    """It tells what there is in every answer, and its ledger says what held at the time."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        assert (await bench.call("POST", PATH, reserve()))[1]["quota_minor"] == 2_000_000_000
        await bench.rules({"op": "*", "effect": "oversold", "args": {"quota_minor": 700_000}})
        for id_ in ("f-2", "f-3"):
            answer = (await bench.call("POST", PATH, reserve(id_)))[1]
            assert (answer["status"], answer["quota_minor"]) == ("RESERVED", 700_000)
        told = {"quota_minor": 700_000, "reserved_minor": 1_800_000, "committed_minor": 0}
        assert (await bench.call("GET", "/v1/quota"))[1] == told
        assert [one.get("quota_minor") for one in await bench.ledger()] == [None, 700_000, 700_000]
        await bench.rules()
        assert (await bench.call("GET", "/v1/quota"))[1]["quota_minor"] == 2_000_000_000

    play(scenario)


def test_a_quota_that_is_cut_is_told_and_kept() -> None:
    """What was reserved before counts against it."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        await _post(bench, PATH, reserve("f-1"))
        await bench.rules({"op": "*", "effect": "quota_cut", "args": {"quota_minor": 1_300_000}})
        assert (await bench.call("POST", PATH, reserve("f-2")))[1]["quota_minor"] == 1_300_000
        assert await _post(bench, PATH, reserve("f-3")) == (409, "quota_exhausted")
        assert (await bench.call("GET", "/v1/quota"))[1]["quota_minor"] == 1_300_000
        assert [one.get("quota_minor") for one in await bench.ledger()] == [None, 1_300_000]
        await bench.rules()
        assert await _post(bench, PATH, reserve("f-3")) == (200, "RESERVED")

    play(scenario)


def test_rule_by_application_reaches_commit_and_release() -> None:
    """Commit is keyed by the application of its reservation, not by the request id."""

    async def scenario() -> None:
        bench = Bench("funding_provider")
        await bench.rules({"op": "commit", "effect": "error", "key": "app-1"})
        await _post(bench, PATH, reserve())
        assert await _post(bench, f"{PATH}/f-1/commit") == (503, "unavailable")

    play(scenario)

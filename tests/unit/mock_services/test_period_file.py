"""A file of a period holds what moved in it, and is the same whenever it is asked for."""

from __future__ import annotations

import pytest

from mock_services.journal import MemoryJournal
from tests.unit.mock_services.asgi import Bench, payout, play, reserve

pytestmark = pytest.mark.unit


def test_a_funders_file_holds_what_was_committed_in_its_period() -> None:
    """Neither what is only set aside, nor what another period has."""

    async def scenario() -> None:
        bench = Bench("funding_provider", file_period_s=2.0)
        for request_id in ("f-1", "f-2", "f-3"):
            await bench.call("POST", "/v1/reservations", reserve(request_id))
        await bench.call("POST", "/v1/reservations/f-1/commit")
        await bench.call("POST", "/v1/reservations/f-3/release")
        await bench.clock.advance(2.0)  # the first instant of the next period
        await bench.call("POST", "/v1/reservations/f-2/commit")
        line = {"kind": "commit", "reference": "app-1", "amount_minor": 600_000}
        totals = {"count": 1, "total_minor": 600_000}
        first = {"period": 0, "from_s": 0.0, "to_s": 2.0, **totals}
        told = (200, {**first, "lines": [{**line, "request_id": "f-1"}]})
        assert await bench.call("GET", "/v1/files/0") == told
        await bench.clock.advance(2.0)
        assert await bench.call("GET", "/v1/files/0") == told
        _, second = await bench.call("GET", "/v1/files/1")
        assert [one["request_id"] for one in second["lines"]] == ["f-2"]

    play(scenario)


def test_there_is_no_file_before_its_period_is_over() -> None:
    """Half a file would make breaks of all that is still to come."""

    async def scenario() -> None:
        bench = Bench("funding_provider", file_period_s=2.0)
        status, answer = await bench.call("GET", "/v1/files/0")
        assert (status, answer["code"]) == (404, "not_found")
        await bench.clock.advance(2.0)
        assert (await bench.call("GET", "/v1/files/0"))[1]["lines"] == []
        assert (await bench.call("GET", "/v1/files/1"))[0] == 404

    play(scenario)


@pytest.mark.parametrize("number", ["-1", "1.5", "today"])
def test_a_period_is_a_number(number: str) -> None:
    """Anything else is a bad request, not a missing file."""

    async def scenario() -> None:
        status, answer = await Bench("funding_provider").call("GET", f"/v1/files/{number}")
        assert (status, answer["code"]) == (422, "bad_body")

    play(scenario)


def test_a_gateways_file_holds_money_that_moved_by_when_it_moved() -> None:
    """A payment that succeeded late is in the period of its success, over a restart too."""

    async def scenario() -> None:
        journal = MemoryJournal()
        bench = Bench("payment_gateway", journal=journal, file_period_s=2.0)
        late = {"op": "create_payout", "effect": "late_success", "last": 1}
        await bench.rules({**late, "args": {"delay_s": 3.0}})
        await bench.call("POST", "/v1/payouts", payout("p-1"))
        await bench.call("POST", "/v1/payouts", payout("p-2", reference="loan-2"))
        await bench.clock.advance(4.0)
        again = Bench("payment_gateway", journal=journal, file_period_s=2.0)
        await again.clock.advance(4.0)
        files = [(await again.call("GET", f"/v1/files/{n}"))[1] for n in (0, 1)]
        assert [[one["request_id"] for one in file["lines"]] for file in files] == [
            ["p-2"],
            ["p-1"],
        ]

    play(scenario)


def test_a_rule_of_money_changes_no_file() -> None:
    """A gateway that declines everything still tells what moved."""

    async def scenario() -> None:
        bench = Bench("payment_gateway", file_period_s=2.0)
        await bench.call("POST", "/v1/payouts", payout())
        await bench.rules({"op": "*", "effect": "decline"})
        await bench.clock.advance(2.0)
        status, file = await bench.call("GET", "/v1/files/0")
        assert (status, file["count"]) == (200, 1)

    play(scenario)


@pytest.mark.parametrize(
    ("form", "amounts"),
    [
        ("missing", [600_000]),
        ("doubled", [600_000, 600_000, 600_000]),
        ("amount", [600_001, 600_000]),
    ],
)
@pytest.mark.parametrize("totals", ["kept", "fitting"])
def test_a_file_can_be_spoiled_and_is_true_again(
    form: str, amounts: list[int], totals: str
) -> None:
    """The ledger stays true; control totals show it or do not, as asked."""

    async def scenario() -> None:
        bench = Bench("payment_gateway", file_period_s=2.0)
        for n in (1, 2):
            await bench.call("POST", "/v1/payouts", payout(f"p-{n}", reference=f"loan-{n}"))
        await bench.clock.advance(2.0)
        _, true = await bench.call("GET", "/v1/files/0")
        args = {"form": form, "every": 2, "totals": totals}
        await bench.rules({"op": "file", "effect": "file_spoiled", "args": args})
        _, told = await bench.call("GET", "/v1/files/0")
        assert [line["amount_minor"] for line in told["lines"]] == amounts
        fits = (told["count"], told["total_minor"]) == (len(amounts), sum(amounts))
        assert fits == (totals == "fitting")
        await bench.rules()
        assert (await bench.call("GET", "/v1/files/0"))[1] == true
        assert len(await bench.ledger()) == 2

    play(scenario)

"""Callbacks are repeated until they are acknowledged, and can be told to go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mock_services.asgi import Bench, payout, play

pytestmark = pytest.mark.unit


async def _after_payout(bench: Bench, seconds: float = 60.0) -> dict[str, Any]:
    """Make a payout, let time pass, and give the callback counts."""
    await bench.call("POST", "/v1/payouts", payout())
    await bench.clock.advance(seconds)
    counts: dict[str, Any] = (await bench.control("GET", "/_counts"))[1]["callbacks"]
    return counts


def test_callback_carries_the_facts_after_its_delay() -> None:
    """One callback, 0.1 s after the payout, with everything a caller checks."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        assert await _after_payout(bench) == {"sent": 1, "acknowledged": 1, "failed": 0}
        assert bench.callback_times_s == pytest.approx([0.1])
        assert bench.callbacks == [
            {
                "gateway": "bench",
                "request_id": "p-1",
                "kind": "payout",
                "reference": "loan-1",
                "amount_minor": 600_000,
                "currency": "CNY",
                "status": "SUCCESS",
                "settled_s": 0.0,
            }
        ]

    play(scenario)


def test_callback_is_repeated_at_growing_gaps_until_the_body_is_exactly_success() -> None:
    """A refusal, a near miss and a lost reply do not count as acknowledged."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        bench.replies = ['{"code":"busy"}', "success\n", "no reply", "success"]
        assert await _after_payout(bench) == {"sent": 4, "acknowledged": 1, "failed": 3}
        assert bench.callback_times_s == pytest.approx([0.1, 0.6, 1.6, 3.6])

    play(scenario)


def test_callback_is_given_up_when_the_gaps_end() -> None:
    """Two gaps mean three attempts."""

    async def scenario() -> None:
        bench = Bench("payment_gateway", callback_gaps_s=[1, 2])
        bench.replies = ["busy"] * 10
        assert await _after_payout(bench) == {"sent": 3, "acknowledged": 0, "failed": 3}

    play(scenario)


@pytest.mark.parametrize(
    ("effect", "args", "amounts"),
    [
        ("duplicate_callback", {"times": 3}, [600_000] * 3),
        ("callback_lost", {}, []),
        ("wrong_amount", {"delta_minor": -1}, [599_999]),
    ],
)
def test_callback_effects_change_what_is_delivered(
    effect: str, args: dict[str, Any], amounts: list[int]
) -> None:
    """Only the callback is wrong: the ledger keeps the true amount."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "callback", "effect": effect, "args": args})
        await _after_payout(bench)
        assert [sent["amount_minor"] for sent in bench.callbacks] == amounts
        assert [entry["amount_minor"] for entry in await bench.ledger()] == [600_000]

    play(scenario)


def test_callback_rule_can_name_the_business_key() -> None:
    """Only the loan that is named loses its callback."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "callback", "effect": "callback_lost", "key": "loan-1"})
        await bench.call("POST", "/v1/payouts", payout())
        await bench.call("POST", "/v1/payouts", payout("p-2", reference="loan-2"))
        await bench.clock.advance(1)
        assert [sent["reference"] for sent in bench.callbacks] == ["loan-2"]

    play(scenario)


def test_forged_callbacks_differ_from_the_truth_in_one_detail_each() -> None:
    """Somebody knows the payment, and gets one thing wrong; the true callback comes as ever."""

    async def scenario() -> None:
        bench = Bench("payment_gateway")
        await bench.rules({"op": "create_payout", "effect": "forged_callback"})
        await _after_payout(bench)
        true, *others = bench.callbacks
        wrong = [[field for field in true if sent[field] != true[field]] for sent in others]
        details = ["gateway", "kind", "reference", "amount_minor", "currency", "status", "status"]
        assert sorted(wrong) == sorted([field] for field in details)

    play(scenario)

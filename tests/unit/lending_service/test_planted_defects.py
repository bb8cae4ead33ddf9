"""Hardened with one defence removed does the harm that the defence was against."""

from __future__ import annotations

import pytest

from tests.unit.lending_service.world import World, design, in_world


@pytest.mark.parametrize(
    "defect",
    [
        {"payout_key": "attempt"},
        {"unknown_payment": "fail"},
    ],
    ids=["key_a_try", "unknown_is_failed"],
)
def test_lost_reply_pays_twice_without_the_defence(defect: dict[str, str]) -> None:
    """One request id a payout, and no failover of unknowns: each alone is needed."""

    async def story(world: World) -> None:
        world.third.script["payment_a", "payout"] = "reply_lost"
        _, reply = await world.submit()
        await world.clock.pass_s(5.0)
        app = await world.application(reply["application_id"])
        assert len(world.third.moved("payout", app["loan_id"])) > 1

    in_world(design("hardened", **defect), story)


def test_ignored_key_debits_twice() -> None:
    """The same request sent twice is two debits."""

    async def story(world: World) -> None:
        await world.repay(key="k")
        await world.repay(key="k")
        await world.clock.pass_s(2.0)
        assert len(world.third.moved("debit")) == 2

    in_world(design("hardened", idempotency="ignore"), story)

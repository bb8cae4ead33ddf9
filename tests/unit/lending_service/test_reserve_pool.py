"""The lender's own reserve: drawn while no funder can be reached, within bounds, and given back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lending_service.defences import PoolRule
from lending_service.design import Design, DesignError
from tests.unit.lending_service.world import World, design, in_world

FUNDERS = ("funding_a", "funding_b", "funding_c")
RULE = PoolRule(size_minor=1_000_000, draw_minor_max=500_000, after_s=1.0)


def without_funders(world: World) -> None:
    """Nobody can be reached who would pay."""
    world.third.script |= {(funder, "*"): "refused" for funder in FUNDERS}


async def applied(world: World, number: int, **more: Any) -> str:
    """An application of somebody, by its id."""
    _, reply = await world.submit(key=f"k{number}", borrower=f"c-{number}", **more)
    return str(reply["application_id"])


async def statuses(world: World, ids: list[str]) -> list[tuple[str, str]]:
    """Status and reason of each."""
    seen = [await world.application(id_) for id_ in ids]
    return [(one["status"], one["reason_code"]) for one in seen]


def test_the_reserve_pays_stops_with_a_word_and_is_paid_back() -> None:
    """Three fit in; the fourth reads that it is used up; then funders take all of them over."""

    async def story(world: World) -> None:
        without_funders(world)
        ids = [await applied(world, n) for n in range(4)]
        await world.clock.pass_s(6.0)
        assert sorted(await statuses(world, ids)) == [
            *[("active", "active")] * 3,
            ("queued_degraded", "pool_used_up"),
        ]
        assert world.service.parts.pool.left_minor == 100_000
        page = await world.get("/v1/status")
        assert page["operations"]["submit"]["mode"] == "QUEUE"
        text = await world.get("/metrics")
        assert "lending_pool_left_minor 100000" in text
        assert "lending_pool_cover_seconds" in text
        world.third.script.clear()
        await world.clock.pass_s(10.0)
        assert await statuses(world, ids) == [("active", "active")] * 4
        assert world.service.parts.pool.left_minor == 1_000_000
        committed = [reference for _, _, reference, _ in world.third.moved("commit")]
        assert sorted(committed) == sorted(ids), "each is paid for by one funder in the end"

    in_world(design("hardened", pool=RULE), story)


def test_the_page_says_that_the_reserve_pays_while_it_does() -> None:
    """And the borrower is paid, not told to wait."""

    async def story(world: World) -> None:
        without_funders(world)
        id_ = await applied(world, 1)
        await world.clock.pass_s(5.0)
        assert await statuses(world, [id_]) == [("active", "active")]
        page = await world.get("/v1/status")
        assert page["operations"]["submit"]["mode"] == "POOL"
        assert page["operations"]["disburse"]["mode"] == "POOL"

    in_world(design("hardened", pool=RULE), story)


@pytest.mark.parametrize(
    ("pool", "down"), [(None, FUNDERS), (RULE, FUNDERS[:2])], ids=["no reserve", "a funder left"]
)  # fmt: skip
def test_nothing_is_drawn_without_need(pool: PoolRule | None, down: tuple[str, ...]) -> None:
    """By a design without a reserve, and while a funder can be asked."""

    async def story(world: World) -> None:
        world.third.script |= {(funder, "*"): "refused" for funder in down}
        id_ = await applied(world, 1)
        await world.clock.pass_s(5.0)
        assert world.service.parts.pool.cover_s() is None
        assert (await statuses(world, [id_]) == [("active", "active")]) is (down != FUNDERS)

    in_world(design("hardened", pool=pool), story)


def test_more_than_the_cap_of_one_draw_waits_for_a_funder() -> None:
    """However much there is."""

    async def story(world: World) -> None:
        without_funders(world)
        id_ = await applied(world, 1, amount_minor=600_000)
        await world.clock.pass_s(5.0)
        assert await statuses(world, [id_]) == [("queued_degraded", "funding_down")]

    in_world(design("hardened", pool=RULE), story)


def test_what_was_drawn_for_a_loan_that_is_not_paid_out_comes_back() -> None:
    """Both gateways decline: the reserve is whole again, and no funder ever heard of it."""

    async def story(world: World) -> None:
        without_funders(world)
        world.third.script |= {(one, "payout"): "FAILED" for one in ("payment_a", "payment_b")}
        id_ = await applied(world, 1)
        await world.clock.pass_s(8.0)
        assert (await world.application(id_))["status"] == "reversed"
        assert world.service.parts.pool.left_minor == 1_000_000

    in_world(design("hardened", pool=RULE), story)


def test_a_draw_that_is_larger_than_the_reserve_is_refused() -> None:
    """With both figures, before anything is started."""
    pool = {"size_minor": 5, "draw_minor_max": 9, "after_s": 1.0}
    with pytest.raises(DesignError, match=r"pool.draw_minor_max: got 9, need at most .*5"):
        Design.from_mapping({**msgspec.to_builtins(design("hardened")), "pool": pool})

"""A funder that will soon have nothing left: warned of, asked last, and for its quota again."""

from __future__ import annotations

import pytest

from lending_service.spread import SpreadRule
from tests.unit.lending_service.test_spread import FUNDERS, applied, lent, reasons
from tests.unit.lending_service.world import World, design, in_world

RULE = SpreadRule(from_minor=60_000_000, shares={"funding_a": 1.0})
LOW = 'lending_quota_low{{dependency="{}"}} {}'
USED = 'lending_quota_used_ratio{{dependency="{}"}} {}'


def test_a_funder_that_is_low_is_warned_of_and_asked_last() -> None:
    """Four fifths of 1,500,000 are four loans; the fifth goes to another, with 300,000 left."""

    async def story(world: World) -> None:
        world.third.quotas_minor["funding_a"] = 1_500_000
        ids = []
        for n in range(6):
            ids.append(await applied(world, n))
            await world.clock.pass_s(2.0)
            text = await world.get("/metrics")
            assert LOW.format("funding_a", int(n >= 3)) in text
            assert LOW.format("funding_b", 0) in text
            assert USED.format("funding_a", min(4, n + 1) / 5) in text
            assert USED.format("funding_b", "").strip() not in text, "it never told its quota"
        assert await reasons(world, ids) == ["active"] * 6
        assert (await lent(world))["funder/funding_a"] == 1_200_000

    in_world(design("hardened", spread=RULE), story)


def test_whoever_has_nothing_left_elsewhere_is_asked_to_the_end() -> None:
    """Low is not gone: without others the rest of its quota is used."""

    async def story(world: World) -> None:
        world.third.quotas_minor["funding_a"] = 1_500_000
        world.third.script |= {("funding_b", "*"): "refused", ("funding_c", "*"): "refused"}
        for n in range(7):
            id_ = await applied(world, n)
            await world.clock.pass_s(2.0)
        assert await reasons(world, [id_]) == ["funding_down"], "two of them gave no answer"
        assert (await lent(world))["funder/funding_a"] == 1_500_000

    in_world(design("hardened", spread=RULE), story)


def test_a_quota_that_has_grown_is_found_out_without_asking_for_money() -> None:
    """Whoever is asked last would never tell; at most once a second it is asked for its quota."""

    async def story(world: World) -> None:
        world.third.quotas_minor["funding_a"] = 600_000
        for n in range(2):
            await applied(world, n)
            await world.clock.pass_s(2.0)
        asked = [call for call in world.third.calls if "quota" in str(call)]
        world.third.quotas_minor["funding_a"] = 6_000_000
        for n in range(2, 12):
            await applied(world, n)
        await world.clock.pass_s(2.0)
        again = [call for call in world.third.calls if "quota" in str(call)]
        assert len(again) - len(asked) in (1, 2, 3)
        assert (await lent(world))["funder/funding_a"] > 3_000_000
        assert LOW.format("funding_a", 0) in await world.get("/metrics")

    in_world(design("hardened", spread=RULE), story)


@pytest.mark.parametrize("told", [True, False])
def test_whoever_waits_for_a_quota_reads_so_and_goes_on_with_the_next(told: bool) -> None:
    """By what funders told before, or by their word of refusal."""

    async def story(world: World) -> None:
        world.third.quotas_minor |= dict.fromkeys(FUNDERS, 600_000)
        if not told:
            world.third.script |= {(one, "reserve"): "quota_exhausted" for one in FUNDERS}
        ids = [await applied(world, n) for n in range(9)]
        await world.clock.pass_s(4.0)
        short = 3 if told else 9
        assert await reasons(world, ids) == ["active"] * (9 - short) + ["quota_used_up"] * short
        world.third.quotas_minor |= dict.fromkeys(FUNDERS, 6_000_000)
        world.third.script.clear()
        await world.clock.pass_s(6.0)
        assert await reasons(world, ids) == ["active"] * 9

    in_world(design("hardened", spread=RULE), story)


def test_where_nobody_counts_nobody_is_low_and_none_is_asked() -> None:
    """Without a rule of the spread."""

    async def story(world: World) -> None:
        world.third.quotas_minor["funding_a"] = 100
        await applied(world, 0)
        await world.clock.pass_s(2.0)
        text = await world.get("/metrics")
        assert LOW.format("funding_a", 0) in text
        assert "lending_quota_used_ratio{" not in text

    in_world(design("hardened", spread=None), story)

"""Lending spread over funders, regions and segments: shares, caps, and funders that step back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lending_service.design import Design, DesignError
from lending_service.domain import Reservation
from lending_service.funding_order import funder_order
from lending_service.ports import Reply
from lending_service.spread import Lent, SpreadRule
from tests.unit.lending_service.world import ThirdParties, World, design, in_world

RULE = SpreadRule(from_minor=1_200_000, funder=0.5)
FUNDERS = ("funding_a", "funding_b", "funding_c")


async def applied(world: World, number: int, **more: Any) -> str:
    """An application of somebody, by its id."""
    _, reply = await world.submit(key=f"k{number}", borrower=f"c-{number}", **more)
    return str(reply["application_id"])


async def lent(world: World) -> dict[str, int]:
    """What the service counts."""
    found = await world.store.read(Lent, "lent")
    return {} if found is None else {place: n for place, n in found.minor.items() if n}


async def reasons(world: World, ids: list[str]) -> list[str]:
    """What each borrower reads."""
    return sorted([(await world.application(id_))["reason_code"] for id_ in ids])


def test_a_funder_that_is_left_alone_is_filled_to_its_cap_and_no_further() -> None:
    """Four ask for 300,000 each; half of 1,200,000 fits. The others get the rest once back."""

    async def story(world: World) -> None:
        world.third.script |= {("funding_b", "*"): "refused", ("funding_c", "*"): "refused"}
        ids = [await applied(world, n) for n in range(4)]
        await world.clock.pass_s(6.0)
        assert await reasons(world, ids) == ["active", "active", "spread_full", "spread_full"]
        assert (await lent(world))["funder/funding_a"] == 600_000
        world.third.script.clear()
        await world.clock.pass_s(10.0)
        assert await reasons(world, ids) == ["active"] * 4
        held = await lent(world)
        assert held[""] == held["region/north"] == 1_200_000
        assert held["funder/funding_a"] == 600_000

    in_world(design("hardened", spread=RULE), story)


@pytest.mark.parametrize("cap", [{"region": {"north": 0.5}}, {"segment": 0.5}])
def test_a_region_or_a_segment_has_a_cap_too_whoever_funds_it(cap: dict[str, Any]) -> None:
    """By name, or each the same; who is outside of it goes on."""

    async def story(world: World) -> None:
        ids = [await applied(world, n) for n in range(3)]
        other = await applied(world, 9, region="south", segment="sme")
        await world.clock.pass_s(6.0)
        assert await reasons(world, ids) == ["active", "active", "spread_full"]
        assert await reasons(world, [other]) == ["active"]

    in_world(design("hardened", spread=SpreadRule(from_minor=1_200_000, **cap)), story)


def test_no_more_is_asked_of_a_funder_than_it_says_that_it_has() -> None:
    """Two of 300,000 fit, whatever it would take: many at once count before they ask. Others do
    the rest, and once its quota has grown it is asked again."""

    async def story(world: World) -> None:
        world.third.quotas_minor["funding_a"] = 700_000
        await applied(world, 0)
        await world.clock.pass_s(3.0)
        ids = [await applied(world, n) for n in range(1, 20)]
        await world.clock.pass_s(6.0)
        assert await reasons(world, ids) == ["active"] * 19
        assert (await lent(world))["funder/funding_a"] == 600_000
        world.third.quotas_minor["funding_a"] = 1_300_000
        await applied(world, 20)
        await world.clock.pass_s(3.0)
        more = [await applied(world, n) for n in range(21, 40)]
        await world.clock.pass_s(6.0)
        assert await reasons(world, more) == ["active"] * 19
        assert (await lent(world))["funder/funding_a"] == 1_200_000

    rule = SpreadRule(from_minor=60_000_000, shares={"funding_a": 1.0})
    in_world(design("hardened", spread=rule), story)


@pytest.mark.parametrize("told", [None, "much", True, -1])
def test_a_quota_that_is_no_amount_is_none(told: Any) -> None:
    """Who says nothing that can be used refuses for themselves."""

    async def story(world: World) -> None:
        world.third.quotas_minor["funding_a"] = told
        ids = [await applied(world, n) for n in range(4)]
        await world.clock.pass_s(6.0)
        assert await reasons(world, ids) == ["active"] * 4
        assert (await lent(world))["funder/funding_a"] == 1_200_000

    rule = SpreadRule(from_minor=60_000_000, shares={"funding_a": 1.0})
    in_world(design("hardened", spread=rule), story)


def test_what_is_refused_or_given_back_is_not_lent() -> None:
    """Both gateways decline: nothing is counted in the end."""

    async def story(world: World) -> None:
        world.third.script |= {(one, "payout"): "FAILED" for one in ("payment_a", "payment_b")}
        world.third.script |= {("funding_b", "*"): "refused", ("funding_c", "*"): "refused"}
        ids = [await applied(world, n) for n in range(3)]
        await world.clock.pass_s(12.0)
        assert await reasons(world, ids) == ["reversed"] * 3
        assert await lent(world) == {}

    in_world(design("hardened", spread=RULE), story)


def test_shares_say_who_is_asked_first() -> None:
    """What no name has is left to those without one."""
    shares = {"funding_a": 0.7, "funding_b": 0.2}
    orders = [
        funder_order(FUNDERS, f"app-{n * 2654435761:x}", "route", shares) for n in range(1000)
    ]
    first = [order[0] for order in orders]
    assert 650 < first.count("funding_a") < 750
    assert 150 < first.count("funding_b") < 250
    assert 70 < first.count("funding_c") < 130
    assert all(sorted(order) == [*FUNDERS] for order in orders)


@pytest.mark.parametrize(
    ("spread", "problem"),
    [
        ({"from_minor": 1, "shares": {"a": 0.7, "b": 0.4}}, r"spread.shares: .* 1.1, need 1 at"),
        ({"from_minor": 1, "region": 1.2}, r"spread.region: got 1.2, need .*mapping of names to"),
        ({"funder": 0.5}, "spread.from_minor: missing"),
        ({"from_minor": 1, "branch": 0.5}, "spread.branch: unknown, allowed: from_minor, shares"),
    ],
)
def test_what_cannot_be_dealt_out_is_refused(spread: object, problem: str) -> None:
    """With the place and what is allowed, before anything is started."""
    with pytest.raises(DesignError, match=problem):
        Design.from_mapping({**msgspec.to_builtins(design("hardened")), "spread": spread})


def withdrawing(world: World, *funders: str) -> None:
    """These give their reservation up when they are asked to commit it."""
    fund = ThirdParties._fund

    def instead(name: str, operation: str, path: str, body: dict[str, Any]) -> Reply:
        if operation == "commit" and name in funders:
            fund(world.third, name, "release", path, body)
            return Reply(409, {"code": "wrong_state"})
        return fund(world.third, name, operation, path, body)

    world.third._fund = instead  # type: ignore[method-assign]  # a funder of its own


@pytest.mark.parametrize("restarted", [False, True])
def test_another_funder_takes_over_what_one_steps_back_from(restarted: bool) -> None:
    """Also what is left of it after a restart; and it is counted where it is."""

    async def story(world: World) -> None:
        withdrawing(world, "funding_a", "funding_b")
        if restarted:
            world.third.script |= {("funding_c", "*"): "refused"}
        ids = [await applied(world, n) for n in range(3)]
        await world.clock.pass_s(4.0)
        if restarted:
            await world.crash_and_restart()
            world.third.script.clear()
        await world.clock.pass_s(16.0)
        committed = [(name, reference) for name, _, reference, _ in world.third.moved("commit")]
        assert sorted(committed) == sorted(("funding_c", id_) for id_ in ids)
        assert (await lent(world))["funder/funding_c"] == (await lent(world))[""] == 900_000
        place = f"res-{ids[0].removeprefix('app-')}-funding_c"
        held = await world.store.read(Reservation, place)
        assert held is not None
        assert held.status == "committed"

    in_world(design("hardened"), story)

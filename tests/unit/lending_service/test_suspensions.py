"""What a policy suspends waits, explained; nothing else does, and no repayment ever."""

from __future__ import annotations

from typing import Any

import pytest

from lending_service.domain import TERMINAL
from tests.unit.lending_service.world import RULED, World, design, in_world

POLICY, PAYOUT = ("policy", "*"), "payout"
STATUS = "/v1/status"


def _suspended(world: World, *cells: dict[str, str]) -> None:
    epoch = world.third.policy["epoch"] + 1
    world.third.policy = {"epoch": epoch, "suspended": list(cells)}


async def _applied(world: World, key: str, **changes: Any) -> str:
    """An application two seconds old."""
    _, submitted = await world.submit(key, **changes)
    await world.clock.pass_s(2.0)
    return str(submitted["application_id"])


@pytest.mark.parametrize("cell", [{"segment": "sme"}, {"region": "north"}, {"product": "loan"}])
def test_a_suspended_cell_waits_and_goes_on_once_it_is_lifted(cell: dict[str, str]) -> None:
    """Explained, shown on the status page, without a payout; repayments do not notice."""

    async def story(world: World) -> None:
        _suspended(world, cell)
        app = await _applied(world, "k1", segment="sme")
        told = await world.application(app)
        assert (told["status"], told["reason_code"]) == ("suspended_by_policy", "suspended")
        assert told["message"]
        assert world.third.moved(PAYOUT) == []
        page = (await world.get(STATUS))["operations"]
        assert (page["submit"]["mode"], page["repay"]["mode"]) == ("SUSPENDED", "FULL")
        assert (await world.repay())[0] == 202
        _suspended(world)
        await world.clock.pass_s(5.0)
        assert (await world.application(app))["status"] == "active"
        assert (await world.get(STATUS))["operations"]["submit"]["mode"] == "FULL"

    in_world(design("hardened"), story, RULED)


def test_who_is_not_named_does_not_notice() -> None:
    """Another segment, and a cell of two keys of which one alone fits."""

    async def story(world: World) -> None:
        _suspended(world, {"segment": "sme"}, {"segment": "consumer", "region": "south"})
        assert (await world.application(await _applied(world, "k1")))["status"] == "active"

    in_world(design("hardened"), story, RULED)


def test_a_suspended_partner_funds_nothing() -> None:
    """The others do."""

    async def story(world: World) -> None:
        _suspended(world, {"partner": "funding_a"}, {"partner": "funding_b"})
        for number in range(6):
            await _applied(world, f"k{number}", borrower=f"b-000{number}")
        assert {name for name, *_ in world.third.moved("reserve")} == {"funding_c"}

    in_world(design("hardened"), story, RULED)


@pytest.mark.parametrize("wrong", ["refused", "request_lost", "error", "blank"])
def test_an_unknown_policy_stops_new_lending_after_a_while(wrong: str) -> None:
    """What was known holds for 6 s; then everybody waits, and is told why."""

    async def story(world: World) -> None:
        await _applied(world, "k0")
        world.third.script[POLICY] = wrong
        assert (await world.application(await _applied(world, "k1")))["status"] == "active"
        await world.clock.pass_s(6.0)
        app = await _applied(world, "k2")
        assert (await world.application(app))["reason_code"] == "policy_unknown"
        assert (await world.repay())[0] == 202
        del world.third.script[POLICY]
        await world.clock.pass_s(8.0)
        assert (await world.application(app))["status"] == "active"

    in_world(design("hardened"), story, RULED)


def test_an_older_policy_replaces_no_newer_one() -> None:
    """The standby that does not know yet is not believed."""

    async def story(world: World) -> None:
        _suspended(world, {"product": "loan"})
        await _applied(world, "k0")
        world.third.policy = {"epoch": 1, "suspended": []}
        app = await _applied(world, "k1")
        assert (await world.application(app))["status"] == "suspended_by_policy"

    in_world(design("hardened"), story, RULED)


def test_whoever_waits_too_long_is_told_no_and_by_which_rule() -> None:
    """A suspension that is not lifted: nothing is owed, and it was no decision on them."""

    async def story(world: World) -> None:
        _suspended(world, {"product": "loan"})
        app = await _applied(world, "k1")
        await world.clock.pass_s(world.design.queue_expiry_s + 3.0)
        told = await world.application(app)
        assert told["status"] in TERMINAL
        assert (told["status"], told["reason_code"]) == ("declined", "suspended_expired")

    in_world(design("hardened"), story, RULED)


def test_a_segment_that_is_not_scored_waits_and_gets_no_stand_in_decision() -> None:
    """A business refusal is no outage."""

    async def story(world: World) -> None:
        world.third.script["risk", "score"] = "segment_refused"
        app = await _applied(world, "k1", segment="sme")
        told = await world.application(app)
        assert (told["status"], told["decision"]) == ("suspended_by_policy", None)
        assert told["reason_code"] == "segment_refused"
        assert world.third.calls.count(("risk", "score")) < 6
        del world.third.script["risk", "score"]
        await world.clock.pass_s(5.0)
        assert (await world.application(app))["decision"]["by"] == "model"

    in_world(design("hardened"), story, RULED)


def test_rules_of_the_first_day_hold_for_ever_on_naive() -> None:
    """That is the difference that an experiment shows."""

    async def story(world: World) -> None:
        await _applied(world, "k0")
        _suspended(world, {"product": "loan"})
        assert (await world.application(await _applied(world, "k1")))["status"] == "active"
        assert world.third.calls.count(("policy", "policy")) == 1

    in_world(design("naive"), story, RULED)

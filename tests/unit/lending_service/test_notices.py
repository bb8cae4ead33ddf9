"""Borrowers are told of what changed: by the outbox, together, and in nobody's way."""

from __future__ import annotations

import pytest

from tests.unit.lending_service.world import NOTIFIED, UPSTREAMS, World, design, in_world

TOLD = ("notification", "messages")


async def _an_application_and_a_repayment(world: World) -> tuple[str, str]:
    _, submitted = await world.submit()
    await world.clock.pass_s(0.3)
    _, repaid = await world.repay()
    await world.clock.pass_s(0.3)
    return str(submitted["application_id"]), str(repaid["repayment_id"])


def _said(world: World, reference: str) -> list[str]:
    return [one["status"] for one in world.third.messages.values() if one["reference"] == reference]


def test_what_changed_within_a_second_is_told_in_one_call_as_it_is_then() -> None:
    """Eight changes of state, at different times: two messages, with the borrower's name."""

    async def story(world: World) -> None:
        app, rep = await _an_application_and_a_repayment(world)
        assert world.third.calls.count(TOLD) == 0
        await world.clock.pass_s(2.0)
        assert world.third.calls.count(TOLD) == 1
        assert (_said(world, app), _said(world, rep)) == (["active"], ["credited"])
        assert {one["to"] for one in world.third.messages.values()} == {"b-0001"}

    in_world(design("hardened"), story, NOTIFIED)


@pytest.mark.parametrize("wrong", ["refused", "request_lost", "reply_lost", "error", "intercepted"])
def test_a_message_that_may_not_have_got_through_is_sent_until_it_has(wrong: str) -> None:
    """Nothing else waits meanwhile; afterwards each is there once."""

    async def story(world: World) -> None:
        world.third.script["notification", "*"] = wrong
        app, rep = await _an_application_and_a_repayment(world)
        assert (await world.application(app))["status"] == "active"
        await world.clock.pass_s(8.0)
        del world.third.script["notification", "*"]
        await world.clock.pass_s(8.0)
        assert (_said(world, app), _said(world, rep)) == (["active"], ["credited"])
        assert await world.store.counts() == {}

    in_world(design("hardened"), story, NOTIFIED)


def test_a_design_that_sends_once_loses_what_was_lost() -> None:
    """That is the difference that an experiment shows."""

    async def story(world: World) -> None:
        world.third.script["notification", "*"] = "request_lost"
        app, _ = await _an_application_and_a_repayment(world)
        await world.clock.pass_s(3.0)
        del world.third.script["notification", "*"]
        await world.clock.pass_s(20.0)
        assert _said(world, app) == []

    in_world(design("hardened", notices="once"), story, NOTIFIED)


def test_what_was_not_told_yet_survives_the_service() -> None:
    """The notice is in the outbox from the moment of the change."""

    async def story(world: World) -> None:
        app, rep = await _an_application_and_a_repayment(world)
        await world.crash_and_restart()
        await world.clock.pass_s(3.0)
        assert (_said(world, app), _said(world, rep)) == (["active"], ["credited"])

    in_world(design("hardened"), story, NOTIFIED)


def test_without_a_provider_there_is_nothing_to_tell() -> None:
    """A target that has none costs its service nothing."""

    async def story(world: World) -> None:
        await _an_application_and_a_repayment(world)
        await world.clock.pass_s(3.0)
        assert await world.store.counts() == {}
        assert world.third.calls.count(TOLD) == 0

    in_world(design("hardened"), story, UPSTREAMS)

"""The status page is published at a provider, whatever becomes of a call, and nobody waits."""

from __future__ import annotations

import pytest

from tests.unit.lending_service.world import PAGED, World, design, in_world

pytestmark = pytest.mark.unit
PROVIDER = ("page", "*")


def test_what_is_declared_is_published_every_second() -> None:
    """As `/v1/status` says it."""

    async def story(world: World) -> None:
        world.third.script["risk", "*"] = "refused"
        for number in range(3):
            await world.submit(f"k{number}")
        await world.clock.pass_s(3.0)
        own = (await world.get("/v1/status"))["operations"]
        assert own["submit"]["mode"] == "STANDIN"
        assert world.third.published[-1].keys() == own.keys()
        assert world.third.published[-1]["submit"]["mode"] == "STANDIN"
        assert 3 <= len(world.third.published) <= 6

    in_world(design("hardened"), story, PAGED)


@pytest.mark.parametrize("wrong", ["refused", "request_lost", "error"])
def test_a_provider_that_is_away_is_told_once_it_is_back(wrong: str) -> None:
    """And borrowers do not notice."""

    async def story(world: World) -> None:
        world.third.script[PROVIDER] = wrong
        await world.clock.pass_s(10.0)
        assert world.third.published == []
        assert (await world.submit())[0] == 202
        del world.third.script[PROVIDER]
        await world.clock.pass_s(4.0)
        assert world.third.published

    in_world(design("hardened"), story, PAGED)


def test_whoever_stands_down_publishes_no_more() -> None:
    """A second instance that works speaks for both; a restarted one speaks again."""

    async def story(world: World) -> None:
        await world.service.stop()
        told = len(world.third.published)
        await world.clock.pass_s(5.0)
        assert len(world.third.published) == told
        await world.crash_and_restart()
        await world.clock.pass_s(1.0)
        assert len(world.third.published) > told

    in_world(design("hardened"), story, PAGED)


def test_a_design_with_its_own_page_publishes_nothing() -> None:
    """Nor is the provider ever called."""

    async def story(world: World) -> None:
        await world.clock.pass_s(5.0)
        assert ("page", "publications") not in world.third.calls

    in_world(design("hardened", status_page="own"), story, PAGED)

"""A risk engine that scores otherwise than before is not believed until it scores as before."""

from __future__ import annotations

import pytest

from tests.unit.lending_service.world import World, design, in_world

SCORE = ("risk", "score")


async def _decided(world: World, first: int, last: int, borrower: str = "b-0001") -> list[str]:
    """Who decided on each of these applications, one after the other; "" for nobody yet."""
    decided = []
    for number in range(first, last):
        _, submitted = await world.submit(f"k{number}", borrower=borrower)
        await world.clock.pass_s(0.3)
        seen = await world.application(submitted["application_id"])
        decided.append((seen["decision"] or {}).get("by", ""))
    return decided


@pytest.mark.parametrize("wrong", ["drift", "decline"])
def test_a_model_that_changed_decides_few_and_is_believed_once_it_is_back(wrong: str) -> None:
    """By the next known case; then a stand-in decision under caps, and a place in the queue."""

    async def story(world: World) -> None:
        assert await _decided(world, 0, 12) == ["model"] * 12
        world.third.script[SCORE] = wrong
        decided = await _decided(world, 12, 20)
        rule = world.design.score_guard
        assert rule is not None
        assert decided.count("model") < rule.every
        assert decided[-1] == ""
        assert "stand_in" in decided
        del world.third.script[SCORE]
        await world.clock.pass_s(8.0)
        assert await _decided(world, 20, 24) == ["model"] * 4

    in_world(design("hardened"), story)


def test_silence_says_nothing_of_the_model() -> None:
    """An outage during which no known case is answered leaves nothing behind."""

    async def story(world: World) -> None:
        await _decided(world, 0, 12)
        world.third.script[SCORE] = "error"
        assert "model" not in await _decided(world, 12, 16)
        del world.third.script[SCORE]
        await world.clock.pass_s(6.0)
        assert await _decided(world, 16, 18) == ["model"] * 2
        assert not world.service.parts.guard.suspect

    in_world(design("hardened"), story)


def test_a_design_without_it_believes_everything() -> None:
    """That is the difference that an experiment shows."""

    async def story(world: World) -> None:
        await _decided(world, 0, 6)
        world.third.script[SCORE] = "drift"
        assert await _decided(world, 6, 14) == ["model"] * 8

    in_world(design("hardened", score_guard=None), story)

"""The record of modes: in order, over every life of the service, whatever happens to the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from lending_service.mode_trail import ModeTrail
from lending_service.modes import Modes
from lending_service.stores.memory import MemoryStore, MemoryTx
from lending_service.stores.port import CommitUnknown, StoreUnavailable
from tests.unit.lending_service.world import PAGED, FakeClock, World, design, in_world

pytestmark = pytest.mark.unit


class Shaky(MemoryStore):
    """A store that is away, or whose answer to a commit is lost."""

    away = lost = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryTx]:
        """As it is at present."""
        if self.away:
            raise StoreUnavailable("away")
        async with super().transaction() as tx:
            yield tx
        if self.lost:
            raise CommitUnknown("lost")


class Life:
    """One life of a service's modes over a store; time begins at 100 s."""

    def __init__(self, store: MemoryStore, clock: FakeClock) -> None:
        self.clock, self.told = clock, list[str]()
        self.modes = Modes(clock, 3.0, "risk", ("payment_a",), ("funding_a",))
        self.trail = ModeTrail(self.modes, store, clock, lambda _, text: self.told.append(text))
        self.trail.start(asyncio.get_running_loop().create_task)

    async def breaks(self, after_s: float, who: str, state: str = "open") -> None:
        """A breaker changes."""
        await self.clock.pass_s(after_s)
        self.modes.breaker_changed(who, "", state)
        await self.clock.settle()

    async def of(self, operation: str) -> list[tuple[str | None, str, str, float]]:
        """What is kept of an operation; numbers have no gap."""
        kept = await self.trail.told()
        assert [one.id for one in kept] == [str(n) for n in range(1, len(kept) + 1)]
        return [(one.old, one.new, one.reason, one.at_s)
                for one in kept if one.operation == operation]  # fmt: skip


def _play(story: Callable[[Shaky, FakeClock], Awaitable[None]]) -> None:
    async def play() -> None:
        await story(Shaky(), FakeClock())

    asyncio.run(play())


def test_a_life_goes_on_from_the_one_before() -> None:
    """What ended without a word is known to have ended, and in which mode."""

    async def story(store: Shaky, clock: FakeClock) -> None:
        first = Life(store, clock)
        await first.breaks(1.0, "risk")
        await first.trail.stop()  # killed: nothing more is written
        await clock.pass_s(4.0)
        second = Life(store, clock)
        await second.breaks(1.0, "payment_a")
        assert await second.of("read_limit") == [
            (None, "FULL", "started", 100.0),
            ("FULL", "STALE", "risk_down", 101.0),
            ("STALE", "FULL", "started", 105.0),
        ]
        assert (await second.of("repay"))[-1] == ("FULL", "QUEUE", "payment_down", 106.0)

    _play(story)


@pytest.mark.parametrize("how", ["away", "lost"])
def test_what_cannot_be_written_is_written_later_and_once(how: str) -> None:
    """Nothing was changed, or nobody knows whether it was."""

    async def story(store: Shaky, clock: FakeClock) -> None:
        life = Life(store, clock)
        await clock.settle()
        setattr(store, how, True)
        await life.breaks(1.0, "risk")
        await life.breaks(0.3, "payment_a")
        setattr(store, how, False)
        await clock.pass_s(1.0)
        assert "changes not written yet" in life.told[0]
        assert [one[:2] for one in await life.of("submit")] == [(None, "FULL"), ("FULL", "STANDIN")]
        assert [one[3] for one in await life.of("repay")] == [100.0, 101.3]

    _play(story)


def test_another_reason_for_the_same_mode_is_a_change_too() -> None:
    """Payouts wait for gateways, and then for funders: the mode began when it did."""

    async def story(store: Shaky, clock: FakeClock) -> None:
        life = Life(store, clock)
        await life.breaks(1.0, "payment_a")
        await life.breaks(1.0, "funding_a")
        assert [one[2:] for one in (await life.of("disburse"))[1:]] == [
            ("payment_down", 101.0), ("funding_down", 102.0)
        ]  # fmt: skip
        assert life.modes.status()["disburse"]["since_s"] == 101.0

    _play(story)


@pytest.mark.parametrize("kept", ["records", "memory"])
def test_whoever_asks_is_told(kept: str) -> None:
    """Wherever it is kept."""

    async def story(world: World) -> None:
        await world.clock.pass_s(1.0)
        told = (await world.get("/v1/modes"))["changes"]
        assert {(one["number"], one["from"], one["to"], one["reason"]) for one in told} == {
            (n, None, "FULL", "started") for n in range(1, 6)
        }

    in_world(design("hardened", mode_trail=kept), story, PAGED)

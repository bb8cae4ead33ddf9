"""The loop of the simulation: time, order, standing still, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from harness.rng import Seed
from harness.runtimes.sim.clock import VirtualClock
from harness.runtimes.sim.loop import Deadlock, SimLoop
from harness.runtimes.sim.refusing import NoRealWorld

YEAR_S = 365 * 86_400.0


def play(story: Callable[[SimLoop, VirtualClock], Coroutine[Any, Any, Any]], seed: int = 1) -> Any:
    """Run a story on a fresh loop."""
    loop = SimLoop(Seed(seed).stream("test"))
    try:
        return loop.run_until_complete(story(loop, VirtualClock(loop.time)))
    finally:
        loop.close()


def test_time_jumps_to_the_moment_that_was_asked_for() -> None:
    """Ten years of loans take no time, and a sleep ends when it should."""

    async def story(loop: SimLoop, clock: VirtualClock) -> float:
        await clock.sleep(10 * YEAR_S)
        await clock.sleep(0.1)
        return clock.now_s()

    assert play(story) == 10 * YEAR_S + 0.1


def test_a_tiny_wait_late_in_time_still_ends() -> None:
    """After years of virtual time a deadline that is nearly now is reached."""

    async def story(loop: SimLoop, clock: VirtualClock) -> int:
        await clock.sleep(2 * YEAR_S + 1 / 3)
        deadline_s, turns = loop.time() + 1e-9, 0
        while loop.time() < deadline_s and turns < 100:
            await clock.sleep(deadline_s - loop.time())
            turns += 1
        return turns

    assert play(story) <= 1


def test_waiting_for_what_never_comes_is_a_deadlock() -> None:
    """An answer that can no longer come is an error, not a hang."""

    async def story(loop: SimLoop, clock: VirtualClock) -> None:
        await clock.sleep(3.0)
        await loop.create_future()

    with pytest.raises(Deadlock, match="nothing can run at 3"):
        play(story)


def test_the_seed_draws_the_order_of_what_is_ready() -> None:
    """One seed, one order; several seeds, several orders."""

    async def story(loop: SimLoop, clock: VirtualClock) -> tuple[int, ...]:
        order: list[int] = []

        async def one(n: int) -> None:
            await clock.sleep(1.0)
            order.append(n)

        await asyncio.gather(*(one(n) for n in range(6)))
        return tuple(order)

    orders = [play(story, seed) for seed in range(8)]
    assert orders == [play(story, seed) for seed in range(8)]
    assert len(set(orders)) > 4


def test_a_time_out_comes_in_virtual_time() -> None:
    """The standard library's time-outs work, and leave the time that they name."""

    async def story(loop: SimLoop, clock: VirtualClock) -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await clock.sleep(100)
        return clock.now_s()

    assert play(story) == 2.5


def test_quiet_comes_when_nothing_more_happens() -> None:
    """Whoever waits for quiet is told once the last timer has run, or at the limit."""

    async def story(loop: SimLoop, clock: VirtualClock) -> tuple[float, float]:
        task = loop.create_task(clock.sleep(4.0))
        await loop.quiet(100.0)
        first = clock.now_s()
        await task
        again = loop.create_task(clock.sleep(50.0))
        await loop.quiet(10.0)
        again.cancel()
        return first, clock.now_s()

    assert play(story) == (4.0, 10.0)


@pytest.mark.parametrize(
    "work",
    [
        lambda: asyncio.to_thread(print),
        lambda: asyncio.open_connection("127.0.0.1", 1),
        lambda: asyncio.start_server(print, "127.0.0.1", 1),
        lambda: asyncio.create_subprocess_exec("true"),
    ],
)
def test_the_real_world_is_refused(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """A thread or a socket would run in real time: the error says so."""

    async def story(loop: SimLoop, clock: VirtualClock) -> None:
        await work()

    with pytest.raises(NoRealWorld):
        play(story)

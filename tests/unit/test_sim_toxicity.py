"""A toxic with a share below 1 is drawn for a connection, not for what goes over it."""

from __future__ import annotations

import asyncio

import pytest

from harness.ports import Toxic
from harness.rng import Seed
from harness.runtimes.sim.toxicity import POOL, Active, Kept


def drawn(kind: str, toxicity: float, commands: int) -> list[bool]:
    """Which of so many commands over kept connections a toxic hits."""
    loop = asyncio.new_event_loop()
    try:
        active = Active(Toxic(kind, "downstream", {}, toxicity), Seed(1).stream("toxics"), loop)
        kept = Kept()
        return [kept.hits(active) for _ in range(commands)]
    finally:
        loop.close()


@pytest.mark.parametrize("kind", ["reset_peer", "timeout", "limit_data"])
def test_a_bad_connection_that_is_lost_harms_nobody_again(kind: str) -> None:
    """Who keeps connections meets the bad ones once, and then has good ones: no share of commands
    fails for as long as the fault lasts."""
    hits = drawn(kind, 0.3, 500)
    assert 1 <= sum(hits) <= 2 * POOL
    assert not any(hits[10 * POOL :])


def test_a_slow_connection_stays_slow() -> None:
    """It is kept, so every command over it is slow: the same ones of each round."""
    hits = drawn("latency", 0.3, 5 * POOL)
    assert 0 < sum(hits[:POOL]) < POOL
    assert hits == 5 * hits[:POOL]


def test_what_hits_every_connection_hits_every_command() -> None:
    """Also the one that replaces another."""
    assert all(drawn("reset_peer", 1.0, 5 * POOL))

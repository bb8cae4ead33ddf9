"""What each toxic does to one message, in virtual time: one function a toxic, one table.

A call is a connection of its own and its request and its reply are one message each; `closes` says
that the sender closes after this one. The functions return when the message goes on; a connection
that ends instead is a ConnectionResetError. Commands to a database go over connections that are
kept (`Kept`).

Source: Toxiproxy 2.12.0, toxics/*.go.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from harness.ports import Toxic
from harness.rng import Dice

MS = 1e-3
US = 1e-6
POOL = 10  # chosen: connections that a service keeps; as many as the reference service does
ENDING = frozenset({"timeout", "reset_peer", "limit_data"})
"""Toxics that end the connection which they hit."""


class Active:
    """A toxic while it is set.

    Args:
        dice: for jitter and toxicity.
    """

    def __init__(self, toxic: Toxic, dice: Dice, loop: asyncio.AbstractEventLoop) -> None:
        self.toxic = toxic
        self.dice = dice
        self.attributes: Mapping[str, int] = toxic.attributes
        self._loop = loop
        self._held: dict[asyncio.Future[bool], None] = {}

    def hits(self) -> bool:
        """Whether it is drawn for a new connection."""
        toxicity = self.toxic.toxicity
        return toxicity >= 1 or self.dice.random() < toxicity

    async def hold(self, seconds: float | None) -> bool:
        """Wait, for ever with None; whether the toxic was removed before the time was over."""
        if seconds is not None and seconds <= 0:
            return False
        held: asyncio.Future[bool] = self._loop.create_future()
        self._held[held] = None
        timer = None if seconds is None else self._loop.call_later(seconds, _settle, held, False)
        try:
            return await held
        finally:
            del self._held[held]
            if timer is not None:
                timer.cancel()

    def remove(self) -> None:
        """What waits in it learns that it is gone."""
        for held in list(self._held):
            _settle(held, True)

    def ms(self, name: str) -> float:
        """An attribute in milliseconds, as seconds."""
        return self.attributes.get(name, 0) * MS


class Kept:
    """Connections that a service keeps: a toxic is drawn once for each, and again for the one that
    takes the place of another which it ended. They take turns."""

    def __init__(self) -> None:
        """None is open."""
        self._drawn: dict[Active, deque[bool]] = {}

    def hits(self, active: Active) -> bool:
        """Whether a toxic is drawn for the connection whose turn it is."""
        if active not in self._drawn:
            self._drawn[active] = deque(active.hits() for _ in range(POOL))
        drawn = self._drawn[active]
        hit = drawn.popleft()
        replaced = hit and active.toxic.type in ENDING
        drawn.append(active.hits() if replaced else hit)
        return hit


def _settle(held: asyncio.Future[bool], removed: bool) -> None:
    if not held.done():
        held.set_result(removed)


async def latency(active: Active, size: int, closes: bool) -> None:
    """Wait, more or less by the jitter; what is in flight at the removal goes on at once."""
    jitter_s = active.ms("jitter")
    spread_s = active.dice.uniform(-jitter_s, jitter_s) if jitter_s else 0.0
    await active.hold(active.ms("latency") + spread_s)


async def timeout(active: Active, size: int, closes: bool) -> None:
    """Swallow the message; the connection closes after the time-out, or at the removal.

    Without a time-out a close of the sender's goes through: then the other end learns at once.
    """
    patience_s = active.ms("timeout")
    await active.hold(patience_s or (0.0 if closes else None))
    raise ConnectionResetError("closed by a timeout toxic")


async def reset_peer(active: Active, size: int, closes: bool) -> None:
    """Reset the connection, a time-out after data came."""
    await active.hold(active.ms("timeout"))
    raise ConnectionResetError("reset by a reset_peer toxic")


async def bandwidth(active: Active, size: int, closes: bool) -> None:
    """Let so many kilobytes through a second."""
    rate = active.attributes.get("rate", 0)
    await active.hold(size / (rate * 1000) if rate > 0 else 0.0)


async def slicer(active: Active, size: int, closes: bool) -> None:
    """Cut the message into slices, with a pause after each but the last."""
    average = active.attributes["average_size"]
    variation = active.attributes.get("size_variation", 0)
    slices, left = 0, size
    while left > 0:
        left -= max(1, average + (active.dice.randint(-variation, variation) if variation else 0))
        slices += 1
    await active.hold((slices - 1) * active.attributes.get("delay", 0) * US)


async def limit_data(active: Active, size: int, closes: bool) -> None:
    """Close the connection once so many bytes have gone through: a longer message is cut off."""
    if size > active.attributes.get("bytes", 0):
        raise ConnectionResetError("cut off by a limit_data toxic")


async def nothing(active: Active, size: int, closes: bool) -> None:
    """Let the message through: noop, and slow_close, which delays the close alone."""


Effect = Callable[[Active, int, bool], Awaitable[None]]
EFFECTS: Mapping[str, Effect] = {
    "latency": latency,
    "timeout": timeout,
    "reset_peer": reset_peer,
    "bandwidth": bandwidth,
    "slicer": slicer,
    "limit_data": limit_data,
    "slow_close": nothing,
    "noop": nothing,
}

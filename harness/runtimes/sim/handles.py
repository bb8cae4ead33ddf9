"""What the loop of the simulation is to do: callbacks, and the order of those at one instant."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Protocol

import msgspec

from harness.rng import Dice

TICKS = 1_000_000  # a second


class Handle(msgspec.Struct):
    """A callback to come, as `asyncio.Handle`; made several times a call, so it is made in C."""

    callback: Callable[..., object]
    args: tuple[object, ...]
    context: contextvars.Context
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Do not call it."""
        self.is_cancelled = True
        self.callback, self.args = _nothing, ()

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.is_cancelled


class Timer(Handle):
    """A callback at an instant, as `asyncio.TimerHandle`; `tick` counts from the loop's zero."""

    tick: int = 0

    def when(self) -> float:
        """The instant on the loop's clock."""
        return self.tick / TICKS


class Ending(Protocol):
    """Who can end of itself: one life of a service."""

    def exited(self, how: SystemExit) -> None:
        """Its code asked for the end of its process."""


def ended(home: Ending | None, how: BaseException) -> bool:
    """Whether an exit is that of a service, and then it is over; else it is one of ours."""
    if home is None or not isinstance(how, SystemExit):
        return False
    home.exited(how)
    return True


def shuffled(batch: list[Handle], dice: Dice) -> list[Handle]:
    """In an order drawn by the dice; mostly there are two."""
    if len(batch) == 2:
        return batch if dice.random() < 0.5 else batch[::-1]
    keys = [dice.random() for _ in batch]
    return [batch[number] for number in sorted(range(len(batch)), key=keys.__getitem__)]


def _nothing() -> None:
    """What a cancelled handle would call."""

"""Time as an argument. Nobody else in the harness reads a clock or sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

NS = 1_000_000_000


class Clock(Protocol):
    """The run clock: seconds since the load began, real or virtual."""

    def now_s(self) -> float:
        """Seconds since the start of the run."""

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of run time pass."""


class RunClock:
    """Real time on the machine's monotonic clock, shared by every process of a run.

    Args:
        t0_ns: `time.monotonic_ns()` at the instant that counts as zero.
    """

    def __init__(self, t0_ns: int) -> None:
        self.t0_ns = t0_ns

    def now_s(self) -> float:
        """Seconds since the zero; negative before it."""
        return (time.monotonic_ns() - self.t0_ns) / NS

    async def sleep(self, seconds: float) -> None:
        """Sleep in real time."""
        await asyncio.sleep(max(0.0, seconds))

    async def sleep_until(self, t_s: float) -> None:
        """Sleep until `t_s` on this clock; at once if it has passed."""
        await self.sleep(t_s - self.now_s())


def monotonic_ns() -> int:
    """The machine's monotonic clock, ns: the same number in every process."""
    return time.monotonic_ns()


def utc_stamp() -> str:
    """UTC now as `2026-01-31T12-30-00.123Z`: sorts by time and is a legal file name."""
    now = time.time()
    millis = int(now * 1000) % 1000
    return time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(now)) + f".{millis:03d}Z"


async def poll(
    ask: Callable[[], bool], clock: Clock, *, within_s: float, every_s: float = 0.02
) -> bool:
    """Ask until the answer is yes or `within_s` seconds have passed.

    Returns:
        the last answer.
    """
    deadline_s = clock.now_s() + within_s
    while not ask():
        if clock.now_s() >= deadline_s:
            return False
        await clock.sleep(every_s)
    return True


async def until(
    ask: Callable[[], Awaitable[bool]], clock: Clock, *, within_s: float, every_s: float = 0.1
) -> bool:
    """As `poll`, for a question that takes time."""
    deadline_s = clock.now_s() + within_s
    while not await ask():
        if clock.now_s() >= deadline_s:
            return False
        await clock.sleep(every_s)
    return True

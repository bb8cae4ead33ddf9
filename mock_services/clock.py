"""Time as an argument: only this module reads a clock or sleeps."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """The run clock, real or virtual: seconds since the start of the run."""

    def now_s(self) -> float:
        """Seconds since the start of the run."""

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of run time pass."""


def utc() -> datetime:
    """The calendar."""
    return datetime.now(UTC)


class RunClock:
    """Real time on the machine's monotonic clock, which every program of a run shares.

    Args:
        t0_ns: `time.monotonic_ns()` at the instant that counts as zero.
    """

    def __init__(self, t0_ns: int) -> None:
        self._t0_ns = t0_ns

    def now_s(self) -> float:
        """Seconds since the zero; negative before it."""
        return (time.monotonic_ns() - self._t0_ns) / NS_PER_S

    async def sleep(self, seconds: float) -> None:
        """Sleep in real time."""
        await asyncio.sleep(max(0.0, seconds))

"""Real time on the run clock. Only this module and `serve` read a clock or sleep."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


def utc() -> datetime:
    """The calendar, for headers of HTTP alone."""
    return datetime.now(UTC)


class RunClock:
    """Seconds on the machine's monotonic clock, from a zero that all programs of a run share.

    Args:
        t0_ns: `time.monotonic_ns()` at the zero.
    """

    def __init__(self, t0_ns: int) -> None:
        self.t0_ns = t0_ns

    def now_s(self) -> float:
        """Seconds since the zero."""
        return (time.monotonic_ns() - self.t0_ns) / 1e9

    async def sleep(self, seconds: float) -> None:
        """Sleep in real time."""
        await asyncio.sleep(max(0.0, seconds))

"""Virtual time as the clocks of the run and of its services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class VirtualClock:
    """Seconds on the loop's clock since a zero (`harness.clock.Clock`).

    Args:
        time: the loop's, whole microseconds.
        zero_s: the instant that counts as zero; may be set once more, when the load begins.
    """

    def __init__(self, time: Callable[[], float], zero_s: float = 0.0) -> None:
        self.time = time
        self.zero_s = zero_s

    def now_s(self) -> float:
        """Virtual seconds since the zero; whole microseconds."""
        now_s = self.time()
        return round(now_s - self.zero_s, 6) if self.zero_s else now_s

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(max(0.0, seconds))

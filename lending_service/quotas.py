"""What funders have left: each one's quota as it told it last, beside what is counted there.

enough ──a share of the quota is set aside or under way──> low: asked last, and for its quota again
"""

from __future__ import annotations

from collections.abc import Sequence

from lending_service.ports import Clock
from lending_service.spread import Spread
from lending_service.upstreams import FundingProvider

LOOK_GAP_S = 1.0  # a funder that is low is asked for its quota at most so often; chosen


class Quotas:
    """Warns before a quota is used up; without a rule of the spread nobody counts, and none is low.

    Args:
        low_from: the share of a quota from which a funder is low, or None: never.
    """

    def __init__(
        self, spread: Spread, funding: FundingProvider, clock: Clock, low_from: float | None
    ) -> None:
        self._spread = spread
        self._funding = funding
        self._clock = clock
        self._low_from = low_from
        self._looked_s: dict[str, float] = {}

    def used(self, funder: str) -> float | None:
        """The share of its quota that is set aside or under way; None: it told none."""
        quota_minor = self._funding.quotas_minor.get(funder)
        if quota_minor is None or self._low_from is None:
            return None
        used_minor = self._spread.counted_minor(funder)
        return used_minor / quota_minor if quota_minor else 1.0

    def low(self, funder: str) -> bool:
        """Whether the funder will soon have nothing left."""
        used = self.used(funder)
        return used is not None and self._low_from is not None and used >= self._low_from

    async def low_last(self, order: Sequence[str]) -> list[str]:
        """The funders in this order, those that are low behind the others."""
        low = [funder for funder in order if self.low(funder)]
        for funder in low:
            await self.look(funder)
        return [funder for funder in order if funder not in low] + low

    async def look(self, funder: str) -> None:
        """Ask a funder for its quota, which may have changed, if that was not done just now."""
        now_s = self._clock.now_s()
        if self._low_from is not None and now_s >= self._looked_s.get(funder, -1.0) + LOOK_GAP_S:
            self._looked_s[funder] = now_s
            await self._funding.look(funder)

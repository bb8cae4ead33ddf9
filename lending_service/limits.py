"""The limit of a borrower: live, or an older one marked as such; never 0 for "we do not know"."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

import msgspec
from msgspec.structs import replace

from lending_service.context import Context
from lending_service.domain import Borrower
from lending_service.stores.port import NotTheWriter
from lending_service.upstreams import CURRENCY


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit with its age and origin."""

    available_minor: int
    currency: str = CURRENCY
    as_of_s: float
    source: Literal["live", "stale", "stand_in"]


async def read_limit(parts: Context, borrower: str) -> Limit | None:
    """The limit, or None when the design has nothing to show without the risk engine."""
    live = await parts.risk.limit_minor(borrower)
    now_s = parts.clock.now_s()
    if live is not None:
        with suppress(NotTheWriter):  # a passive instance shows it and leaves it at that
            await _remember(parts, borrower, live, now_s)
        return Limit(available_minor=live, as_of_s=now_s, source="live")
    if parts.design.limit_down == "error":
        return None
    seen = await parts.store.read(Borrower, borrower)
    if seen is not None and seen.limit_minor is not None:
        return Limit(available_minor=seen.limit_minor, as_of_s=seen.limit_as_of_s, source="stale")
    floor = parts.design.stand_in_limit_minor
    return Limit(available_minor=floor, as_of_s=now_s, source="stand_in")


async def _remember(parts: Context, borrower: str, live: int, now_s: float) -> None:
    """For the day on which nobody else knows it."""
    async with parts.store.transaction() as tx:
        known = await tx.get(Borrower, borrower, lock=True) or Borrower(id=borrower)
        await tx.put(replace(known, limit_minor=live, limit_as_of_s=now_s))

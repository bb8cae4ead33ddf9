"""Lending spread over funders, regions and segments: dealt out by shares, held to caps.

What is under way counts against a cap at once, and for the sum only once it is set aside; so a cap
holds whatever becomes of the calls that are still on their way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from lending_service.domain import Application, Record
from lending_service.stores.port import Tx

Share = Annotated[float, Meta(gt=0, le=1)]
Cap = Share | dict[str, Share]
ALL = ""
KINDS = ("funder", "region", "segment")


class SpreadRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How lending is dealt out, and the most that one of a kind may have of all that is lent: each
    the same, or by name (whoever is not named has no cap).

    Args:
        from_minor: while less than this is lent, caps are shares of this.
        shares: funder -> share of new business that it is asked for first, together 1 at most; what
            is missing falls to those that are not named. Without names all are alike.
        low_from: share of its quota from which a funder is low: it is warned of, and asked last.
    """

    from_minor: Annotated[int, Meta(ge=1, le=10**13)]
    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    funder: Cap = 1.0
    region: Cap = 1.0
    segment: Cap = 1.0
    low_from: Share = 0.8


class Lent(Record, frozen=True, kw_only=True):
    """What is lent, minor units: `funder/a`, `region/b`, `segment/c`, and all of it under ""."""

    minor: dict[str, int] = msgspec.field(default_factory=dict)


class Spread:
    """Counts in the transaction of what is counted; without a rule nothing is."""

    def __init__(self, rule: SpreadRule | None) -> None:
        self._rule = rule
        self._last = Lent(id="lent")

    def counted_minor(self, funder: str) -> int:
        """What is set aside or under way at a funder, as it was counted last here, minor units."""
        return _at(self._last, funder)

    async def take(
        self, tx: Tx, app: Application, funder: str, quota_minor: int | None = None
    ) -> Literal["room", "full", "used_up"]:
        """Count a loan as under way at a funder, where there is room for it.

        Args:
            quota_minor: of the funder, where it is known; it is kept whatever the funder itself
                would take.

        Returns:
            full: a cap forbids it; used_up: the quota does; nothing is counted then.
        """
        if self._rule is None:
            return "room"
        lent = await _lent(tx)
        if quota_minor is not None and _at(lent, funder) + app.amount_minor > quota_minor:
            return "used_up"
        if not self._fits(self._rule, lent.minor, app, funder):
            return "full"
        await self._put(tx, lent, _places(app, funder), app.amount_minor)
        return "room"

    async def keep(self, tx: Tx, app: Application) -> None:
        """It is set aside: it counts for the sum."""
        if self._rule is not None:
            await self._put(tx, await _lent(tx), [ALL], app.amount_minor)

    async def give_back(self, tx: Tx, app: Application, funder: str, *, kept: bool) -> None:
        """It is not lent by this funder after all."""
        if self._rule is not None:
            places = [*_places(app, funder), *([ALL] if kept else [])]
            await self._put(tx, await _lent(tx), places, -app.amount_minor)

    async def _put(self, tx: Tx, lent: Lent, places: Sequence[str], more_minor: int) -> None:
        counted = {place: lent.minor.get(place, 0) + more_minor for place in places}
        self._last = replace(lent, minor={**lent.minor, **counted})
        await tx.put(self._last)

    def _fits(
        self, rule: SpreadRule, minor: Mapping[str, int], app: Application, funder: str
    ) -> bool:
        whole_minor = max(rule.from_minor, minor.get(ALL, 0) + app.amount_minor)
        for kind, place in zip(KINDS, _places(app, funder), strict=True):
            cap: Cap = getattr(rule, kind)
            share = cap.get(place.partition("/")[2], 1.0) if isinstance(cap, dict) else cap
            if share < 1 and minor.get(place, 0) + app.amount_minor > share * whole_minor:
                return False
        return True


def too_much(spread: object) -> list[str]:
    """What is wrong with the shares of a document; [] when they can be dealt out."""
    shares = spread.get("shares", {}) if isinstance(spread, Mapping) else {}
    whole = sum(shares.values())
    if whole <= 1 + 1e-9:
        return []
    return [f"spread.shares: they add up to {whole:g}, need 1 at most"]


def by_share(funders: Sequence[str], shares: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Each funder with its share; what is left over is divided among those without a name."""
    rest = [name for name in funders if name not in shares]
    left = max(0.0, 1.0 - sum(shares.get(name, 0.0) for name in funders))
    for name in funders:
        yield name, shares[name] if name in shares else left / len(rest)


def _places(app: Application, funder: str) -> list[str]:
    return [f"funder/{funder}", f"region/{app.region}", f"segment/{app.segment}"]


def _at(lent: Lent, funder: str) -> int:
    return lent.minor.get(f"funder/{funder}", 0)


async def _lent(tx: Tx) -> Lent:
    return await tx.get(Lent, "lent", lock=True) or Lent(id="lent")

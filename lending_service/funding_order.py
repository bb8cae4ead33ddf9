"""Which funder is asked first, and which next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from zlib import crc32

from lending_service.spread import by_share


def funder_order(
    funders: Sequence[str],
    application_id: str,
    how: Literal["route", "single"],
    shares: Mapping[str, float] | None = None,
) -> tuple[str, ...]:
    """Funders in the order in which one application asks them; the same at every call.

    Args:
        funders: names, in the order of the configuration.
        how: `route` spreads applications and falls over to the others; `single` knows the first.
        shares: how many applications each is the first for; without it all are alike.
    """
    if how == "single":
        return tuple(funders[:1])
    left = list(funders)
    order: list[str] = []
    number = crc32(application_id.encode())  # a spread, not a secret
    if shares:
        order.append(_first(left, shares, number / 2**32))
        left.remove(order[0])
    while left:
        number, place = divmod(number, len(left))
        order.append(left.pop(place))
    return tuple(order)


def _first(funders: Sequence[str], shares: Mapping[str, float], point: float) -> str:
    """Whose part of 0..1 a point falls into."""
    first, end = funders[-1], 0.0
    for name, share in by_share(funders, shares):
        first, end = name, end + share
        if share and point < end:
            break
    return first

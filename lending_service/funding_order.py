"""Which funder is asked first, and which next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from zlib import crc32


def funder_order(
    funders: Sequence[str], application_id: str, how: Literal["route", "single"]
) -> tuple[str, ...]:
    """Funders in the order in which one application asks them; the same at every call.

    Args:
        funders: names, in the order of the configuration; shares are equal.
        how: `route` spreads applications and falls over to the others; `single` knows the first.
    """
    if how == "single":
        return tuple(funders[:1])
    left, order = list(funders), []
    number = crc32(application_id.encode())  # a spread, not a secret
    while left:
        number, place = divmod(number, len(left))
        order.append(left.pop(place))
    return tuple(order)

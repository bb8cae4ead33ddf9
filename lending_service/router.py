"""Which funder is asked first, and which next."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal


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
    order = list(funders)
    random.Random(application_id).shuffle(order)  # noqa: S311 - a spread, not a secret
    return tuple(order)

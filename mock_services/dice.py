"""Dice as an argument: one seed, independent named streams."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

Dice = Callable[[str], random.Random]


def seeded(seed: int) -> Dice:
    """Give dice of their own to every name, the same in every process and Python version.

    Args:
        seed: the run's seed.

    Returns:
        name -> fresh dice that always start at the same place for that name.
    """

    return lambda name: random.Random(_number(seed, name))


def thrown(seed: int, name: str, sides: int) -> int:
    """Throw once, 0 .. sides - 1, the same for that seed and name: dice cost more than a throw."""
    return _number(seed, name) % sides


def _number(seed: int, name: str) -> int:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big")

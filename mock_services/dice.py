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

    def stream(name: str) -> random.Random:
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        return random.Random(int.from_bytes(digest[:8], "big"))

    return stream

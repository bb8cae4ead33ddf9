"""Dice as an argument: one seed, independent named streams. Nobody else touches `random`."""

from __future__ import annotations

import hashlib
import random
import secrets
from dataclasses import dataclass

Dice = random.Random
SEED_MAX = 2**32 - 1


@dataclass(frozen=True)
class Seed:
    """The one number from which a run's every choice follows.

    Args:
        value: 0 .. 2**32 - 1.
    """

    value: int

    def stream(self, name: str) -> Dice:
        """Dice of their own for `name`; the same in every process and Python version."""
        digest = hashlib.sha256(f"{self.value}/{name}".encode()).digest()
        return random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 - dice, not secrets


def fresh_seed() -> Seed:
    """A seed nobody chose; print it, so that the run can be repeated."""
    return Seed(secrets.randbelow(SEED_MAX + 1))


def fresh_token() -> str:
    """A secret of 256 bits for the control routes of one run."""
    return secrets.token_urlsafe(32)


def fresh_index(count: int) -> int:
    """A number from 0 to `count` - 1 that nobody can foretell, not even from a run's id or seed."""
    return secrets.randbelow(count)

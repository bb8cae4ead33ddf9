"""The smallest system that has everything: a service, what it calls, a database.

For attacks on the harness itself, where what is run does not matter: it is up in two seconds.
Its programs come with tests/process, so PYTHONPATH must name the root of this repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.target import Call
from tests.process.trivial_target import FULL, Trivial


class Small(Trivial):
    """The trivial target with an operation and a journey."""

    include = ("small_target.py",)


class Asks:
    """Asks once."""

    name = "asks"

    def steps(self, number: int, dice: Any) -> Iterator[Call]:
        """One call."""
        yield Call("work", str(number))


JOURNEY = Asks()
TARGET = Small(FULL.services, FULL.links, contract={"operations": {"work": {}}})

"""A detector of early warning: a module with DETECTOR, a class of this form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.errors import ConfigError


@dataclass(frozen=True)
class Sample:
    """What is known at one moment.

    Args:
        t_s: on the run clock.
        values: signal -> value: `failed`, `degraded` (shares of what was answered in the last 3 s),
            `answered` (answers for each operation begun), `p99_s` (of good answers), `waiting_s`
            (age of the oldest operation without an answer), and of each group of the target's
            gauges the count or (as the log of 1 + it) the level an operation begun, or how many
            are not in the state in which they began.
    """

    t_s: float
    values: Mapping[str, float]


Watch = Callable[[Sample], float]
"""A sample in, how strange it is out: 0 or more, and no matter of which unit."""


class Detector(Protocol):
    """Learns what is ordinary, then says how strange each second of a run is.

    Attributes:
        name: as people call it.
    """

    name: str

    def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
        """From quiet stretches of several runs, each in order of time."""

    def watch(self) -> Watch:
        """Watch one run from its beginning; it is given each sample once, in order of time."""


class MissingLibrary(ConfigError):
    """A detector needs a library that is not installed."""

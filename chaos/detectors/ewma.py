"""Control chart of the exponentially weighted moving average of each signal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chaos.detectors._ordinary import Ordinary, ordinary
from harness.detector import Sample, Watch

WEIGHT = 0.3  # of the newest sample; usual for charts that are to see small shifts


class Ewma:
    """How many deviations the average of the strangest signal lies from its mean.

    Source: Roberts 1959, Control chart tests based on geometric moving averages.
    """

    name = "ewma"

    def __init__(self) -> None:
        """Nothing learned yet."""
        self._ordinary = Ordinary({})

    def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
        """Mean and deviation of each signal."""
        self._ordinary = ordinary(quiet)

    def watch(self) -> Watch:
        """An average begins at the mean."""
        averages: dict[str, float] = {}
        deviation = math.sqrt(WEIGHT / (2 - WEIGHT))  # of the average, once it has settled

        def feed(sample: Sample) -> float:
            for name, off in self._ordinary.deviations(sample).items():
                averages[name] = WEIGHT * off + (1 - WEIGHT) * averages.get(name, 0.0)
            return max((abs(one) / deviation for one in averages.values()), default=0.0)

        return feed


DETECTOR = Ewma

"""Cumulative sums: small shifts that last add up."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.detectors._ordinary import Ordinary, ordinary
from harness.detector import Sample, Watch

ALLOWED = 0.5  # deviations; half of the shift that is to be seen soon, as is usual
AT_MOST = 8.0  # deviations that one sample can add: a single odd second is no shift


class Cusum:
    """The largest of the sums, of each signal upwards and downwards.

    Source: Page 1954, Continuous inspection schemes.
    """

    name = "cusum"

    def __init__(self) -> None:
        """Nothing learned yet."""
        self._ordinary = Ordinary({})

    def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
        """Mean and deviation of each signal."""
        self._ordinary = ordinary(quiet)

    def watch(self) -> Watch:
        """Sums begin at 0."""
        sums: dict[tuple[str, int], float] = {}

        def feed(sample: Sample) -> float:
            for name, off in self._ordinary.deviations(sample).items():
                for sign in (1, -1):
                    step = min(sign * off, AT_MOST) - ALLOWED
                    sums[name, sign] = max(0.0, sums.get((name, sign), 0.0) + step)
            return max(sums.values(), default=0.0)

        return feed


DETECTOR = Cusum

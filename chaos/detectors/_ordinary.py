"""What is ordinary of each signal: its mean and its deviation while nothing was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from harness.detector import Sample

LEAST = 0.01  # chosen: a signal that never moved is not alarmed by less than a hundredth


@dataclass(frozen=True)
class Ordinary:
    """Signal -> mean, deviation."""

    of: Mapping[str, tuple[float, float]]

    def deviations(self, sample: Sample) -> dict[str, float]:
        """How far each signal is from its mean, in deviations; signals never seen are left out."""
        return {
            name: (value - self.of[name][0]) / self.of[name][1]
            for name, value in sample.values.items()
            if name in self.of
        }


def ordinary(quiet: Sequence[Sequence[Sample]]) -> Ordinary:
    """Of all quiet samples together."""
    columns: dict[str, list[float]] = {}
    for sample in (one for run in quiet for one in run):
        for name, value in sample.values.items():
            columns.setdefault(name, []).append(value)
    return Ordinary(
        {name: (fmean(values), max(LEAST, pstdev(values))) for name, values in columns.items()}
    )

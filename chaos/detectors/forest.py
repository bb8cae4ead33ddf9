"""A detector that learns what is ordinary of all signals together: half-space trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaos.detectors._ordinary import Ordinary, ordinary
from harness.detector import MissingLibrary, Sample, Watch
from harness.errors import Problem

TREES, DEPTH, WINDOW = 25, 6, 60  # chosen: a minute of samples is what a tree compares with
SEED = 1
SIDE = 10.0  # deviations to either side of the mean that the trees divide; chosen


class Forest:
    """How rare a sample is among those that were learned, 0 to 1.

    Source: Tan, Ting, Liu 2011, Fast anomaly detection for streaming data; the trees are river's.
    """

    name = "forest"

    def __init__(self) -> None:
        """Nothing learned yet.

        Raises:
            MissingLibrary: river is not installed.
        """
        try:
            from river import anomaly
        except ImportError as error:
            cause = "the detector forest needs river, which is not installed"
            remedy = "pip install 'chaos-harness[warn]'"
            raise MissingLibrary(Problem(cause, remedy=remedy)) from error
        self._trees: Any = anomaly.HalfSpaceTrees(TREES, DEPTH, WINDOW, seed=SEED)
        self._ordinary = Ordinary({})

    def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
        """Where the signals lie while nothing is wrong."""
        self._ordinary = ordinary(quiet)
        for sample in (one for run in quiet for one in run):
            self._trees.learn_one(self._scaled(sample))

    def watch(self) -> Watch:
        """The trees do not change while they watch."""
        return lambda sample: float(self._trees.score_one(self._scaled(sample)))

    def _scaled(self, sample: Sample) -> dict[str, float]:
        """Each signal between 0 and 1, as the trees want it; one that is not known is ordinary."""
        off = self._ordinary.deviations(sample)
        return {
            name: min(1.0, max(0.0, 0.5 + off.get(name, 0.0) / (2 * SIDE)))
            for name in self._ordinary.of
        }


DETECTOR = Forest

"""A run in slices of time: what the charts and their tables show, however long the run was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.figures.latency import SHARES
from harness.figures.outcomes import Class, Classed
from harness.figures.slices import slices, width_for
from harness.stats import quantiles


@dataclass
class Series:
    """Operations by slice.

    Args:
        width_s: of a slice.
        length_s: of the run.
        due: class -> operations that were due in each slice.
        over: class -> operations that were answered, or given up, in each slice.
        latency: p50, p95, p99 of the good answers of each slice, s; None where there was none.
    """

    width_s: float
    length_s: float
    due: dict[Class, list[int]] = field(default_factory=dict)
    over: dict[Class, list[int]] = field(default_factory=dict)
    latency: list[list[float | None]] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many slices there are."""
        return slices(self.length_s, self.width_s)

    @property
    def starts_s(self) -> list[float]:
        """When each slice begins."""
        return [round(number * self.width_s, 3) for number in range(self.n)]

    def per_s(self, counts: Iterable[Sequence[int]]) -> list[float]:
        """The sum of some columns, a second."""
        sums = [sum(one) for one in zip(*counts, strict=True)]
        return [round(count / self.width_s, 3) for count in sums]


def series(classed: Classed, length_s: float) -> Series:
    """The slices of a run."""
    width_s = width_for(length_s)
    n = slices(length_s, width_s)
    due, over = ({one: [0] * n for one in Class} for _ in range(2))
    took: list[list[float]] = [[] for _ in range(n)]
    for op, its in classed:
        end_s = op.last_s
        at = min(n - 1, max(0, int(end_s / width_s)))
        over[its][at] += 1
        due[its][min(n - 1, max(0, int(op.t_due_s / width_s)))] += 1
        if its in (Class.SERVED, Class.DEGRADED):
            took[at].append(end_s - op.t_due_s)
    columns = list(zip(*(_quantiles(one) for one in took), strict=True))
    return Series(width_s, length_s, due, over, [list(column) for column in columns])


def _quantiles(values: Sequence[float]) -> Sequence[float | None]:
    return quantiles(values, SHARES) if values else [None] * len(SHARES)

"""Charts as SVG, drawn when the report is written. Whole without script.

A pane is stretched to the width of the page: x is 0..1000, y is 0..100, lines keep their width
(`vector-effect`). Words stand beside it as HTML, placed by percentages, and stay readable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

X_MAX, Y_MAX = 1000, 100
HEADROOM = 1.2  # chosen: the title of a pane stands above its lines
Values = Sequence[float | None]


@dataclass(frozen=True)
class Axis:
    """The vertical axis.

    Args:
        top, bottom: the values at its ends.
        log: whether it is logarithmic.
    """

    top: float
    bottom: float = 0.0
    log: bool = False

    def y(self, value: float) -> float:
        """Where a value stands, 0 at the top; what lies outside stands at the edge."""
        if self.log:
            low, high = math.log10(self.bottom), math.log10(self.top)
            share = (math.log10(max(value, self.bottom)) - low) / (high - low)
        else:
            share = (value - self.bottom) / (self.top - self.bottom)
        return round(Y_MAX * (1 - min(1.0, max(0.0, share))), 2)

    @property
    def ticks(self) -> list[float]:
        """Round values to be marked."""
        if self.log:
            first, last = round(math.log10(self.bottom)), round(math.log10(self.top))
            every = max(1, math.ceil((last - first) / 4))
            return [10.0**exponent for exponent in range(first, last + 1, every)]
        return [self.top * share for share in (0, 0.5, 1)]


@dataclass(frozen=True)
class Shape:
    """A line or an area of a pane.

    Args:
        name: for a reader.
        css: class of its colour and dashes.
        d: path data.
        area: whether it is filled.
    """

    name: str
    css: str
    d: str
    area: bool = False


@dataclass(frozen=True)
class Span:
    """A stretch of time with a name: a fault window, a phase."""

    name: str
    t_from_s: float
    t_to_s: float
    css: str = "fault"


@dataclass(frozen=True)
class Mark:
    """An instant with a name."""

    name: str
    t_s: float
    css: str = ""
    note: str = ""


@dataclass(frozen=True)
class Pane:
    """One plot of a chart."""

    title: str
    unit: str
    axis: Axis
    shapes: Sequence[Shape]
    labels: Sequence[str] = field(default_factory=list)
    tall: bool = False

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where each label stands, % from the top, and the label."""
        values = self.axis.ticks
        texts = self.labels or [f"{value:g}" for value in values]
        return [(self.axis.y(value), text) for value, text in zip(values, texts, strict=True)]


def linear(columns: Iterable[Values]) -> Axis:
    """An axis from 0 to a round number above all values."""
    most = max((v for column in columns for v in column if v is not None), default=0.0)
    return Axis(nice(HEADROOM * most) if most > 0 else 1.0)


def logarithmic(columns: Iterable[Values], floor: float) -> Axis:
    """An axis of whole powers of ten around all values above `floor`."""
    values = [max(v, floor) for column in columns for v in column if v is not None] or [floor]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    return Axis(10.0 ** max(high, low + 1), 10.0**low, log=True)


def nice(value: float) -> float:
    """The smallest of 1, 2, 4, 5, 10 times a power of ten that is not below a value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 4, 5, 10) if power * step >= value * (1 - 1e-9))


def line(values: Values, axis: Axis, step: float, at: Sequence[float] = ()) -> str:
    """Path of a line through the middle of each slice; a slice without a value is a gap.

    Args:
        step: width of a slice, in units of x.
        at: where each value stands instead.
    """
    parts, pen = [], "M"
    for number, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x = at[number] if at else (number + 0.5) * step
        parts.append(f"{pen}{_short(x)} {_short(axis.y(value))}")
        if pen == "M" and not _follows(values, number):
            parts.append("h.1")  # a single point is a dot
        pen = "L"
    return "".join(parts)


def area(values: Sequence[float], below: Sequence[float], axis: Axis, step: float) -> str:
    """Path of steps from `below` up to `values + below`."""
    if not any(values):
        return ""
    upper = [low + value for low, value in zip(below, values, strict=True)]
    there = [f"{_short(n * step)} {_short(axis.y(v))}H{_short((n + 1) * step)}"
             for n, v in enumerate(upper)]  # fmt: skip
    back = [f"{_short((n + 1) * step)} {_short(axis.y(v))}H{_short(n * step)}"
            for n, v in reversed(list(enumerate(below)))]  # fmt: skip
    return "M" + "L".join([*there, *back]) + "Z"


def _follows(values: Values, number: int) -> bool:
    return number + 1 < len(values) and values[number + 1] is not None


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def time_ticks(length_s: float) -> list[float]:
    """About ten round instants of a run, s."""
    step = nice(max(length_s, 0.1) / 10)
    return [round(number * step, 6) for number in range(int(length_s / step + 1e-9) + 1)]

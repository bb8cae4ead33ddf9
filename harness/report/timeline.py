"""The charts over the time of a run: one axis, the same fault windows in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from harness.figures.outcomes import Class
from harness.history import Event
from harness.json_types import JsonDict
from harness.model import RunResult
from harness.report.charts import (
    X_MAX,
    Axis,
    Mark,
    Pane,
    Shape,
    Span,
    area,
    line,
    linear,
    logarithmic,
    time_ticks,
)
from harness.report.recorded import Recorded
from harness.report.series import Series
from harness.report.words import duration, ms, number
from harness.reporting import GAUGES, shown_groups

FLOOR_S = 0.0001  # latencies below it stand at the bottom; chosen
CLOSE = 0.018  # of the run: marks that are nearer than that share a flag; chosen
STATES_MAX = 100  # of a service; chosen
WINDOWS_MAX = 12  # lanes of fault windows; the same fault at the same place shares one


class Columns(NamedTuple):
    """A table beside a chart."""

    head: list[str]
    body: list[list[str]]


@dataclass(frozen=True)
class Chart:
    """Panes over one axis of time, with lanes above and a table beside.

    Args:
        lanes: whether phases, faults and marks are named above.
        states: lanes of states below the panes: of what, and each stretch.
    """

    id: str
    name: str
    caption: str
    length_s: float
    panes: Sequence[Pane]
    legend: Sequence[Shape]
    phases: Sequence[Span]
    faults: Sequence[Span]
    marks: Sequence[Mark]
    table: Columns
    lanes: bool = False
    states: Sequence[tuple[str, Sequence[Span]]] = ()

    @property
    def ticks(self) -> list[float]:
        """Round instants, s."""
        return time_ticks(self.length_s)

    @property
    def flags(self) -> list[Mark]:
        """The numbers of the marks; those that would hide one another stand as one, `4-6`."""
        flags: list[tuple[int, int, Mark]] = []
        for at, mark in enumerate(self.marks, 1):
            if flags and mark.t_s - flags[-1][2].t_s < self.length_s * CLOSE:
                first, _, before = flags.pop()
                name = f"{before.name}, {mark.name}"
                flags.append((first, at, Mark(name, before.t_s)))
            else:
                flags.append((at, at, mark))
        return [Mark(m.name, m.t_s, note=str(a) if a == b else f"{a}-{b}") for a, b, m in flags]

    def x(self, t_s: float) -> float:
        """Of an instant, 0..1000."""
        return round(min(1.0, max(0.0, t_s / self.length_s)) * X_MAX, 1)

    def left(self, t_s: float) -> float:
        """Of an instant, %."""
        return round(self.x(t_s) / 10, 2)

    def wide(self, span: Span) -> float:
        """Of a stretch, %."""
        return round(max(0.2, self.left(span.t_to_s) - self.left(span.t_from_s)), 2)


def timeline_chart(slices: Series, result: RunResult, recorded: Recorded) -> Chart:
    """Throughput, errors and latency over the fault windows, with the instants that matter."""
    asked = slices.per_s(slices.due.values())
    good = slices.per_s([slices.over[Class.SERVED], slices.over[Class.DEGRADED]])
    errors = [slices.per_s([slices.over[one]]) for one in (Class.REFUSED, Class.UNEXPLAINED)]
    step = X_MAX * slices.width_s / slices.length_s
    return Chart(
        id="chart-timeline",
        name="Master timeline",
        caption=f"Each point is {duration(slices.width_s)}. Asked: when due; all else: when "
        "answered, as a monitor would show it.",
        length_s=slices.length_s,
        panes=[
            lines("Throughput", "operations/s", {"asked": asked, "served": good}, step),
            _stack(
                "Errors", "operations/s", {"refused": errors[0], "unexplained": errors[1]}, step
            ),
            _latency(slices, step),
        ],
        legend=[
            Shape("asked", "asked", ""),
            Shape("good", "served", ""),
            Shape("refused, explained", "refused", "", area=True),
            Shape("unexplained", "unexplained", "", area=True),
            *(Shape(name, name, "") for name in ("p50", "p95", "p99")),
        ],
        phases=list(_phases(recorded)),
        faults=fault_spans(recorded),
        marks=sorted(_marks(result, recorded), key=lambda mark: mark.t_s),
        table=_table(slices, asked, good, errors),
        lanes=True,
    )


def outcomes_chart(slices: Series, recorded: Recorded) -> Chart:
    """What became of operations, stacked."""
    names = {Class.SERVED: "served", Class.DEGRADED: "degraded",
             Class.REFUSED: "refused, explained", Class.UNEXPLAINED: "unexplained"}  # fmt: skip
    step = X_MAX * slices.width_s / slices.length_s
    columns = {one.value: slices.per_s([slices.due[one]]) for one in Class}
    body = [
        [number(t_s), *(str(slices.due[one][n]) for one in Class)]
        for n, t_s in enumerate(slices.starts_s)
    ]
    return Chart(
        id="chart-outcomes",
        name="Outcomes over time",
        caption="Stacked: everything that was asked for, when it was due, by what became of it.",
        length_s=slices.length_s,
        panes=[_stack("Outcomes", "operations/s", columns, step)],
        legend=[Shape(name, one.value, "", area=True) for one, name in names.items()],
        phases=[],
        faults=fault_spans(recorded),
        marks=[],
        table=Columns(["from, s", *names.values()], body),
    )


def lines(title: str, unit: str, columns: dict[str, list[float]], step: float) -> Pane:
    """A pane of lines from 0 upwards."""
    axis = linear(columns.values())
    shapes = [Shape(name, name, line(values, axis, step)) for name, values in columns.items()]
    return Pane(title, unit, axis, shapes)


def _stack(title: str, unit: str, columns: dict[str, list[float]], step: float) -> Pane:
    below = [0.0] * len(next(iter(columns.values())))
    sums = [sum(one) for one in zip(*columns.values(), strict=True)]
    axis, shapes = linear([sums]), []
    for name, values in columns.items():
        shapes.append(Shape(name, name, area(values, below, axis, step), area=True))
        below = [low + value for low, value in zip(below, values, strict=True)]
    return Pane(title, unit, axis, shapes)


def _latency(slices: Series, step: float) -> Pane:
    axis: Axis = logarithmic(slices.latency, FLOOR_S)
    shapes = [
        Shape(name, name, line(values, axis, step))
        for name, values in zip(("p50", "p95", "p99"), slices.latency, strict=True)
    ]
    labels = [duration(value) for value in axis.ticks]
    return Pane("Latency of good answers", "logarithmic", axis, shapes, labels, tall=True)


def _phases(recorded: Recorded) -> Iterator[Span]:
    starts = [(e.t_s, e.k) for e in recorded.history.of("clock") if e.f == "phase"]
    for (t_s, name), (t_end_s, _) in pairwise([*starts, (recorded.length_s, "")]):
        yield Span(name, t_s, t_end_s, "phase")


def fault_spans(recorded: Recorded) -> list[Span]:
    """The fault windows, as bands."""
    return [
        Span(f"{w.fault} at {w.where}", w.t_inject_s, w.t_heal_s) for w in recorded.history.windows
    ][:WINDOWS_MAX]


def _marks(result: RunResult, recorded: Recorded) -> Iterator[Mark]:
    seen: JsonDict = result.figures.get("recovery", {})
    names = {
        "fault_s": "fault begins",
        "first_failure_s": "first failure",
        "detected_s": "service shows that it knows",
        "healed_s": "healed",
        "first_good_s": "first good answer again",
        "recovered_s": "recovered",
    }
    for key, name in names.items():
        if seen.get(key) is not None:
            yield Mark(name, seen[key])
    yield from _state_marks(recorded)
    for one in seen.get("failover", ()):
        yield Mark("failover", one["t_s"], note=f"{one['to']} takes over from {one['from']}")
    broken = [v.first_bad for v in result.verdicts if v.first_bad]
    if broken:
        first = min(broken, key=lambda bad: float(bad.get("t_s", 0.0)))
        yield Mark("first invariant broken", float(first.get("t_s", 0.0)), note=str(first["what"]))


def _state_marks(recorded: Recorded) -> Iterator[Mark]:
    """The first time that each state changed while a fault was there, and its change back."""
    samples = [e for e in recorded.history.of("service") if e.f == GAUGES]
    windows = recorded.history.windows
    if not windows:
        return
    from_s = min(window.t_inject_s for window in windows)
    for what, changes in list(state_changes(samples).items())[:STATES_MAX]:
        later = [one for one in changes[1:] if one[0] >= from_s]
        for t_s, state in [*later[:1], *(later[-1:] if len(later) > 1 else [])]:
            yield Mark(f"{what} {state}", t_s)


def state_changes(samples: Sequence[Event]) -> dict[str, list[tuple[float, str]]]:
    """What -> when it came into each state; the first is that of the first sample."""
    changes: dict[str, list[tuple[float, str]]] = {}
    for event in samples:
        for group, values in shown_groups(event).items():
            for name, value in values.items():
                if not isinstance(value, str):
                    continue
                its = changes.setdefault(f"{group}: {name}", [])
                if not its or its[-1][1] != value:
                    its.append((event.t_s, value))
    return changes


def _table(
    slices: Series, asked: list[float], good: list[float], errors: list[list[float]]
) -> Columns:
    head = ["from, s", "asked/s", "good/s", "refused/s", "unexplained/s",
            "p50, ms", "p95, ms", "p99, ms"]  # fmt: skip
    rates = (asked, good, *errors)
    body = [
        [
            number(t_s),
            *(number(column[n]) for column in rates),
            *(ms(column[n]) for column in slices.latency),
        ]
        for n, t_s in enumerate(slices.starts_s)
    ]
    return Columns(head, body)

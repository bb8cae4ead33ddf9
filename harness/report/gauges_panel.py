"""The state of the service over time, as it told it: states as lanes, numbers as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.history import Event
from harness.json_types import JsonObject
from harness.metered import usage
from harness.report.charts import X_MAX, Pane, Shape, Span, line, linear
from harness.report.recorded import Recorded
from harness.report.timeline import Chart, Columns, fault_spans, state_changes
from harness.report.words import number
from harness.reporting import GAUGES, shown_groups

COUNTER = "1/s"  # a group whose name ends so holds counters
NAMES_MAX = 8  # lines of one pane; the largest ones
USAGE_MAX = 4
COLOURS = ("g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7")
POINTS_MAX = 200

Values = dict[str, list[float | None]]


def gauges_chart(recorded: Recorded) -> Chart | None:
    """None where the target tells nothing of its state."""
    samples = [e for e in recorded.history.of("service") if e.f == GAUGES]
    return _chart(
        samples,
        recorded,
        id_="chart-gauges",
        name="State of the service over time",
        caption="As the service told it every second; a gap is a second without an answer.",
    )


def usage_chart(recorded: Recorded) -> Chart | None:
    """None where no kernel told what the programs took: in the simulation, beside an engine that is
    elsewhere."""
    return _chart(
        usage(recorded.history),
        recorded,
        id_="chart-usage",
        name="What the programs took of the machine",
        caption="As the kernel told it every second, of each program with its children; the four "
        "largest. Whoever waits for a processor is slow, whatever it is made of.",
        most=USAGE_MAX,
    )


def _chart(
    samples: Sequence[Event],
    recorded: Recorded,
    *,
    id_: str,
    name: str,
    caption: str,
    most: int = NAMES_MAX,
) -> Chart | None:
    if len(samples) < 2:
        return None
    samples = samples[:: -(-len(samples) // POINTS_MAX)]
    length_s = max(recorded.length_s, 1.0)
    groups = {name for event in samples for name in shown_groups(event)}
    numbers = {name: _numbers(name, samples, most) for name in sorted(groups)}
    panes: list[Pane] = []
    legend: list[Shape] = []
    heads, columns = ["at, s"], [[number(e.t_s) for e in samples]]
    for group, values in numbers.items():
        if not values:
            continue
        mine = [f"{colour} q{len(panes)}-{colour}" for colour in COLOURS]
        panes.append(_pane(group, values, samples, length_s, mine))
        for css, of in zip(mine, values, strict=False):
            legend.append(Shape(f"{group.partition(',')[0]}: {of}", css, ""))
            heads.append(f"{group}: {of}")
            columns.append([number(value) for value in values[of]])
    return Chart(
        id=id_,
        name=name,
        caption=caption,
        length_s=length_s,
        panes=panes,
        legend=legend,
        phases=[],
        faults=fault_spans(recorded),
        marks=[],
        table=Columns(heads, [list(row) for row in zip(*columns, strict=True)]),
        states=list(_states(samples, length_s)),
    )


def _pane(
    group: str, values: Values, samples: Sequence[Event], length_s: float, styles: Sequence[str]
) -> Pane:
    axis = linear(values.values())
    at = [X_MAX * event.t_s / length_s for event in samples]
    shapes = [
        Shape(name, css, line(column, axis, 0.0, at))
        for css, (name, column) in zip(styles, values.items(), strict=False)
    ]
    title, _, unit = group.partition(", ")
    return Pane(title, unit, axis, shapes)


def _numbers(group: str, samples: Sequence[Event], most: int) -> Values:
    """The columns of a group that are not 0 all the time, the largest first."""
    names = dict.fromkeys(
        name for event in samples for name, value in _of(event, group).items()
        if not isinstance(value, str)
    )  # fmt: skip
    columns = {name: _column(group, name, samples) for name in names}
    telling = {name: column for name, column in columns.items() if any(column)}
    order = sorted(telling, key=lambda name: -max(v or 0.0 for v in telling[name]))
    return {name: telling[name] for name in order[:most]}


def _column(group: str, name: str, samples: Sequence[Event]) -> list[float | None]:
    values = [_of(event, group).get(name) for event in samples]
    seen: list[float | None] = [float(v) if isinstance(v, int | float) else None for v in values]
    if not group.endswith(COUNTER):
        return [
            0.0 if v is None and group in e.v else v for v, e in zip(seen, samples, strict=True)
        ]
    rates: list[float | None] = [None]
    for n in range(1, len(samples)):
        now, before = seen[n], seen[n - 1] or 0.0
        apart_s = samples[n].t_s - samples[n - 1].t_s
        rate = None if now is None or apart_s <= 0 else max(0.0, now - before) / apart_s
        rates.append(None if rate is None else round(rate, 2))
    return rates


def _of(event: Event, group: str) -> JsonObject:
    found: JsonObject = event.v.get(group, {})
    return found


def _states(samples: Sequence[Event], length_s: float) -> Iterator[tuple[str, list[Span]]]:
    """Lanes of those whose state changed: name, and each stretch with its state."""
    for label, changes in state_changes(samples).items():
        ends = [t_s for t_s, _ in changes[1:]] + [length_s]
        spans = [
            Span(state, t_s, end_s, "calm" if number_ == 0 or state == changes[0][1] else "alert")
            for number_, ((t_s, state), end_s) in enumerate(zip(changes, ends, strict=True))
        ]
        if len(spans) > 1:
            yield label, spans

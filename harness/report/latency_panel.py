"""The latency panel: a bar an operation and phase, good and failed apart, and the whole table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.json_types import JsonObject
from harness.model import RunResult
from harness.report.charts import X_MAX, Axis, logarithmic
from harness.report.timeline import FLOOR_S, Columns
from harness.report.words import duration, ms

WIDTH_MIN = 4.0  # of a bar, in units of x, so that one without width is seen


class Bar(NamedTuple):
    """From p50 to p99 of one phase."""

    name: str
    css: str
    start: float
    wide: float
    tick: float
    text: str
    label: str


def latency_panel(result: RunResult) -> dict[str, object]:
    """Groups of bars over one axis, and the table."""
    rows = result.figures.get("latency", [])
    keys = [f"{prefix}p{p}_s" for prefix in ("", "failed_") for p in (50, 95, 99)]
    axis = logarithmic([[row[key] for key in keys] for row in rows], FLOOR_S)
    groups: dict[str, list[Bar]] = {}
    for row in rows:
        groups.setdefault(row["of"], []).extend(_bars(row, axis))
    ticks = [(_x(axis, value), duration(value)) for value in axis.ticks]
    head = ["operation", "phase", "n", "good", "p50", "p95", "p99", "failed", "failed p50",
            "failed p95", "failed p99", "unanswered"]  # fmt: skip
    return {
        "latency_bars": [{"name": of, "bars": bars} for of, bars in groups.items()],
        "latency_grid": [x for x, _ in ticks],
        "latency_ticks": [(x / 10, label) for x, label in ticks],
        "latency_table": Columns(head, [_cells(row) for row in rows]),
    }


def _cells(row: JsonObject) -> list[str]:
    good, bad = ([ms(row[f"{prefix}p{p}_s"]) for p in (50, 95, 99)] for prefix in ("", "failed_"))
    counts = [f"{row[key]:,}" for key in ("n", "good", "failed", "unanswered")]
    return [row["of"], row["phase"], *counts[:2], *good, counts[2], *bad, counts[3]]


def _bars(row: JsonObject, axis: Axis) -> Iterator[Bar]:
    for prefix, name, css in (("", row["phase"], "p95"), ("failed_", "failed", "unexplained")):
        values = [row[f"{prefix}p{p}_s"] for p in (50, 95, 99)]
        if None in values:
            continue
        start, tick, end = (_x(axis, value) for value in values)
        text = " / ".join(duration(value) for value in values)
        label = f"{row['of']} {row['phase']} {name}: p50 / p95 / p99 {text}"
        yield Bar(name, css, start, max(WIDTH_MIN, round(end - start, 1)), tick, text, label)


def _x(axis: Axis, value: float) -> float:
    return round(X_MAX * (1 - axis.y(value) / 100), 1)

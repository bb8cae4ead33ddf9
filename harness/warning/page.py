"""The page of a score: one curve a detector, and the tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.json_types import JsonObject
from harness.report.charts import X_MAX, Axis, Pane, Shape, line
from harness.report.html import rendered

STYLES = ("served", "degraded", "refused", "unexplained", "asked", "p99")
LEAST = 1.0  # false alarms a day at the left edge; fewer cannot be told apart in hours of quiet


def page(data: JsonObject) -> str:
    """The whole page.

    Args:
        data: what `harness warn score --output json` prints.
    """
    detectors: Sequence[JsonObject] = data["detectors"]
    rates = [one["false_alarms_per_day"] for each in detectors for one in each["curve"]]
    decades = max(1, math.ceil(math.log10(max([LEAST * 10, *rates]))))
    pane = Pane(
        f"In time: before {data['users']} users were harmed",
        "share of the runs with harm",
        Axis(1.0),
        [_curve(one, css, decades) for one, css in zip(detectors, STYLES, strict=False)],
        tall=True,
    )
    ticks = [(100 * n / decades, f"{10**n}") for n in range(decades + 1)]
    return rendered("warning.html.jinja", data=data, pane=pane, ticks=ticks)


def _curve(one: JsonObject, css: str, decades: int) -> Shape:
    points = sorted((p["false_alarms_per_day"], p["in_time_share"]) for p in one["curve"])
    at = [X_MAX * math.log10(max(LEAST, rate)) / decades for rate, _ in points]
    return Shape(one["detector"], css, line([share for _, share in points], Axis(1.0), 0.0, at))

"""Further charts over the time of a run: load, money at risk."""

from __future__ import annotations

from harness.model import RunResult
from harness.report.charts import X_MAX, Pane, Shape, area, linear
from harness.report.recorded import Recorded
from harness.report.series import Series
from harness.report.timeline import Chart, Columns, fault_spans, lines
from harness.report.words import number
from harness.workload import expected_arrivals


def load_chart(slices: Series, recorded: Recorded) -> Chart | None:
    """Journeys that were begun, beside the rate that was asked for; None before any began."""
    begun = recorded.history.begun_s
    if not begun:
        return None
    counts = [0] * slices.n
    for t_s in begun.values():
        counts[min(slices.n - 1, max(0, int(t_s / slices.width_s)))] += 1
    width_s, profile = slices.width_s, recorded.experiment.profile
    asked = [round(expected_arrivals(profile, t_s, t_s + width_s) / width_s, 3)
             for t_s in slices.starts_s]  # fmt: skip
    delivered = slices.per_s([counts])
    step = X_MAX * width_s / slices.length_s
    columns = {"asked": asked, "served": delivered}
    body = [
        [number(t_s), number(asked[n]), number(delivered[n])]
        for n, t_s in enumerate(slices.starts_s)
    ]
    return Chart(
        id="chart-load",
        name="Load over time",
        caption="Journeys begin by chance around the rate that is asked for.",
        length_s=slices.length_s,
        panes=[lines("Journeys begun", "1/s", columns, step)],
        legend=[Shape("asked", "asked", ""), Shape("delivered", "served", "")],
        phases=[],
        faults=fault_spans(recorded),
        marks=[],
        table=Columns(["from, s", "asked/s", "delivered/s"], body),
    )


def risk_chart(result: RunResult, recorded: Recorded) -> Chart | None:
    """Money at risk: the sum, and how old the oldest of it is; None where nobody tells."""
    risk = result.figures.get("risk")
    if not risk:
        return None
    length_s = max(recorded.length_s, 1.0)
    step = X_MAX * risk["width_s"] / length_s
    sums, ages = risk["sum_minor"], risk["oldest_for_s"]
    axis = linear([sums])
    total = Pane(
        "Money at risk",
        "minor units",
        axis,
        [Shape("at risk", "risk", area(sums, [0] * len(sums), axis, step), area=True)],
        [f"{value:,.0f}" if value < 1e6 else f"{value / 1e6:g} M" for value in axis.ticks],
    )
    oldest = lines("Oldest of it", "s", {"oldest": ages}, step)
    body = [
        [number(at * risk["width_s"]), f"{money:,}", number(age)]
        for at, (money, age) in enumerate(zip(sums, ages, strict=True))
    ]
    return Chart(
        id="chart-risk",
        name="Money at risk over time",
        caption="Moved, and nobody who has a right to know had been told; the most in each slice.",
        length_s=length_s,
        panes=[total, oldest],
        legend=[Shape("at risk", "risk", "", area=True), Shape("oldest", "oldest", "")],
        phases=[],
        faults=fault_spans(recorded),
        marks=[],
        table=Columns(["from, s", "at risk, minor units", "oldest, s"], body),
    )

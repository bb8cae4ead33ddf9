"""`harness warn score`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from harness.cli.console import note, out, out_json, stdout
from harness.clock import RunClock, monotonic_ns
from harness.detector import MissingLibrary
from harness.registry import load_vocabulary
from harness.warning.page import page
from harness.warning.recorded import watched_runs
from harness.warning.score import DAY_S, Asked, Scored, Warned, as_data, score

HOUR_S = 3600
COLUMNS = ("detector", "in time", "lead, s", "false alarms", "us/sample")
RUN_COLUMNS = ("run", "amber, s", "red, s", "first harmed, s", "lead, s", "harmed before red")


def score_command(
    roots: Sequence[Path], asked: Asked, html: Path | None, output: str, target: str
) -> int:
    """Score every detector on every recorded run.

    Returns:
        0; what cannot be scored is raised, but a detector whose library is missing is left out
        and named.
    """
    detectors = load_vocabulary(target).detectors
    runs = watched_runs(roots, target)
    found, timer = [], RunClock(monotonic_ns()).now_s
    for name, make in detectors.items():
        try:
            found.append(score(name, make, runs, asked, timer))
        except MissingLibrary as error:
            note(str(error))
    data = {
        "false_alarms_per_day": asked.false_alarms_per_day,
        "users": asked.users,
        "runs": len(runs),
        "detectors": [as_data(one, asked.users) for one in found],
    }
    if html is not None:
        html.write_text(page(data), encoding="utf-8")
    if output == "json":
        out_json(data)
        return 0
    _show(found, asked)
    return 0


def _show(found: Sequence[Scored], asked: Asked) -> None:
    console = stdout()
    console.print(_table(COLUMNS, (_cells(one, asked) for one in found)))
    best = max(found, key=lambda one: one.share_in_time(asked.users))
    out("")
    out(f"{best.detector}, run by run (the latest warnings first)")
    rows = sorted(best.harmed, key=lambda one: one.lead_s if one.lead_s is not None else -1e9)
    console.print(_table(RUN_COLUMNS, map(_run_cells, rows)))
    quiet_s = best.quiet_s
    out("")
    out(
        f"In time is red before {asked.users} users were harmed; each run was judged by limits "
        f"learned from others. {quiet_s / HOUR_S:.2f} h were quiet: 1 false alarm in them is "
        f"{DAY_S / quiet_s:.0f} a day."
    )


def _table(columns: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, overflow="fold", justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _cells(one: Scored, asked: Asked) -> tuple[str, ...]:
    harmed = one.harmed
    in_time = sum(run.in_time(asked.users) for run in harmed)
    alarms = f"{one.false_alarms} in {one.quiet_s / HOUR_S:.2f} h"
    return (
        one.detector,
        f"{in_time} of {len(harmed)}",
        _s(one.lead_s()),
        alarms,
        f"{one.sample_us:.0f}",
    )


def _run_cells(one: Warned) -> tuple[str, ...]:
    times = map(_s, (one.amber_s, one.red_s, one.harmed_s, one.lead_s))
    return (one.run, *times, f"{one.harmed_before} of {one.harmed}")


def _s(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"

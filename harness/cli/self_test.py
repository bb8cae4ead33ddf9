"""`harness self-test`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from harness.cli.console import out_json, progress, stdout
from harness.errors import ConfigError, Problem
from harness.explore.workers import cores
from harness.pool.hands import Where
from harness.self_test.checks import (
    DEFAULT,
    EXPLORE,
    LIGHT,
    UNTOUCHED,
    WHOLE,
    Caught,
    Cell,
    Subject,
    context,
)
from harness.self_test.defects import defects_of
from harness.self_test.pool import Plan, Report, self_test

MARKS = {"expected": "X", "other": "o", "pass": ".", "inconclusive": "?", UNTOUCHED: "-"}
KEY = (
    "X an invariant that was expected to broke, o another one did, . held, ? inconclusive, "
    "- nothing that the defect replaces is called there, blank not run"
)


def self_test_command(
    defects: Path | None,
    seeds: int,
    workers: int | None,
    subject: Subject = DEFAULT,
    *,
    quick: bool,
    output: str,
    cluster: str = "",
) -> int:
    """Plant every defect, look at the good design, print who saw what.

    Args:
        defects: folder; None for those that the target names.

    Returns:
        0 when every defect was caught and the good design raised no alarm, else 1.
    """
    if seeds < 0 or (workers is not None and workers < 1):
        raise ConfigError(
            Problem(
                f"{seeds} seeds, {workers} workers", allowed="0 seeds or more, 1 worker or more"
            )
        )
    words = context(subject).words
    folder = defects or defects_of(words.target, words.source.ref)
    plan = Plan(folder, seeds, quick, Where(workers or cores(), cluster), subject)
    report = self_test(plan, progress())
    if output == "json":
        out_json(document(report))
    else:
        _show(report, context(subject).places)
    return report.exit_code


def document(report: Report) -> dict[str, object]:
    """Everything as plain data."""
    return {
        "exit_code": report.exit_code,
        "seconds": round(report.seconds, 1),
        "defects": [{**asdict(one), "missed": one.missed} for one in report.caught],
        "clean": [asdict(cell) for cell in report.clean],
    }


def _show(report: Report, places: Sequence[str]) -> None:
    console = stdout()
    console.print(_matrix(report.caught, places), soft_wrap=True)
    console.print(KEY, soft_wrap=True)
    console.print()
    for one in report.caught:
        console.print(f"{one.name}: {one.about}", soft_wrap=True)
        for line in _sightings(one):
            console.print(f"    {line}", soft_wrap=True)
    console.print()
    for line in _summary(report):
        console.print(line, soft_wrap=True)


def _matrix(caught: tuple[Caught, ...], places: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("defect")
    for place in places:
        table.add_column(_short(place), min_width=len(_short(place)))
    for one in caught:
        cells = {cell.place: _mark(cell, one.expects) for cell in one.cells}
        table.add_row(one.name, *(cells.get(place, "") for place in places))
    return table


def _short(place: str) -> str:
    """`X01` of an experiment's name."""
    return "exp" if place == EXPLORE else place.partition("_")[0].upper()


def _mark(cell: Cell, expects: tuple[str, ...]) -> str:
    if set(cell.broken) & set(expects):
        return MARKS["expected"]
    return MARKS["other"] if cell.broken else MARKS.get(cell.verdict, "!")


def _sightings(one: Caught) -> Iterator[str]:
    """Each invariant that saw it, where, and after how much simulated time."""
    if one.missed:
        yield f"MISSED; expected {', '.join(one.expects)}"
    for name in one.expects:
        seen = [cell for cell, found in one.catches() if found == name]
        if seen:
            yield f"{name}: " + ", ".join(f"{_short(c.place)} {_when(c, name)}" for c in seen)


def _when(cell: Cell, name: str) -> str:
    worlds = f" in {cell.worlds} worlds" if cell.worlds else ""
    return f"{cell.broken[name]:.1f} s{worlds}"


def _summary(report: Report) -> Iterator[str]:
    for cell in report.alarms:
        yield f"ALARM on the good design, {cell.place}, seed {cell.seed}: {cell.why}"
    for cell in report.unclear:
        yield f"unclear on the good design, {cell.place}, seed {cell.seed}: {cell.why}"
    caught = len(report.caught) - len(report.missed)
    runs = [cell for cell in report.clean if cell.place != EXPLORE]
    worlds = sum(cell.worlds for cell in report.clean)
    yield f"caught   {caught} of {len(report.caught)} planted defects"
    yield from _loads(report)
    yield (
        f"alarms   {len(report.alarms)} on the good design: {len(runs)} seeds, {worlds} worlds of "
        f"searches, {len(report.unclear)} unclear"
    )
    yield f"time     {report.seconds:.1f} s"


def _loads(report: Report) -> Iterator[str]:
    """Under how much load defects were looked at."""
    cells = [(one.name, cell) for one in report.caught for cell in one.cells]
    if any(cell.load == LIGHT for _, cell in cells):
        yield f"load     {LIGHT:.0%} of each experiment's on defects, all of it on the good design"
    runs = [(name, cell) for name, cell in cells if cell.lasted_s]
    whole = dict.fromkeys(name for name, cell in runs if cell.load == WHOLE)
    if whole:
        yield f"         all of it, since less showed nothing, on {', '.join(whole)}"

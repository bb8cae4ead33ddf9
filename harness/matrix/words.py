"""A matrix for a person: a table where there is width for it, else lines; a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.figures.modes import FULL
from harness.json_types import JsonObject
from harness.matrix.outcome import UNDECLARED
from harness.report.html import rendered, report_link
from harness.store import REPORT
from harness.text import cut, line

WHAT_MAX = 160
WIDE = 96  # columns of a terminal from which on the table stands
CALM, NONE = ".", "-"
KEY = f"{CALM} {FULL}, ! not declared, {NONE} not seen"


def head(summary: JsonObject) -> str:
    """`design hardened, on sim, seed 1: 32 rows, 3 cells not declared`."""
    n = summary["undeclared"]
    return (
        f"design {summary['design']}, on {summary['runtime']}, seed {summary['seed']}: "
        f"{len(summary['rows'])} rows, {n} cell{'s' * (n != 1)} not declared"
    )


def show(summary: JsonObject, console: Console) -> None:
    """Print it."""
    word = summary["verdict"]
    tone = "green" if word == "pass" else "bold red" if word == "fail" else "yellow"
    console.print(Text.assemble((word.upper(), tone), f"  {line(head(summary))}\n"))
    if console.width >= WIDE:
        console.print(_table(summary))
        console.print(KEY)
    for row in summary["rows"]:
        said = list(_problems(row) if console.width >= WIDE else _everything(row))
        if said:
            console.print(Text(f"\n{line(row['dependency'])} {line(row['condition'])}", "bold"))
        for one in said:
            console.print(Padding(Text(one), (0, 0, 0, 2)))
    console.print(f"\nfolder  {summary['folder']}", soft_wrap=True)
    console.print(f"repeat  {summary['repeat']}", soft_wrap=True)


def _table(summary: JsonObject) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("dependency", overflow="fold")
    for operation in summary["operations"]:
        table.add_column(line(operation), overflow="fold")
    for row in summary["rows"]:
        cells = {cell["operation"]: _mark(cell) for cell in row["cells"]}
        marks = [cells.get(name, Text(NONE)) for name in summary["operations"]]
        table.add_row(f"{line(row['dependency'])} {line(row['condition'])}", *marks)
    return table


def _mark(cell: JsonObject) -> Text:
    if cell["state"] == UNDECLARED:
        return Text(f"!{line(cell['mode'])}", "bold red")
    if not cell["mode"]:
        return Text(NONE)
    return Text(CALM) if cell["mode"] == FULL else Text(line(cell["mode"]), "yellow")


def _problems(row: JsonObject) -> Iterator[str]:
    """What is wrong with a row."""
    for cell in row["cells"]:
        if cell["state"] == UNDECLARED:
            yield f"! {_told(cell)}"
    yield from _rest(row)


def _everything(row: JsonObject) -> Iterator[str]:
    """Each operation that was less than on a good day, and what is wrong."""
    calm = True
    for cell in row["cells"]:
        if cell["mode"] not in ("", FULL):
            calm = False
            yield f"{'!' if cell['state'] == UNDECLARED else ' '} {_told(cell)}"
    if calm and row["cells"]:
        yield f"  {FULL} everywhere"
    yield from _rest(row)


def _rest(row: JsonObject) -> Iterator[str]:
    if row["why"]:
        yield f"nothing shown: {cut(line(row['why']), WHAT_MAX)}"
    for one in row["broken"]:
        yield f"! {line(one['finding'])}: {cut(line(one['what']), WHAT_MAX)}"
    if row["exit_code"] and row["run_dir"]:
        yield f"{row['run_dir']}/{REPORT}"


def _told(cell: JsonObject) -> str:
    """`read_limit: REFUSED 59 of 59; declared STALE`."""
    return f"{line(cell['operation'])}: {shares(cell)}; declared {line(cell['declared'])}"


def shares(cell: JsonObject) -> str:
    """`QUEUE 9, FULL 50 of 59`."""
    counts = cell["observed"]
    each = ", ".join(f"{line(mode)} {n}" for mode, n in counts.items())
    return f"{each} of {sum(counts.values())}" if each else NONE


def page(summary: JsonObject, folder: Path) -> str:
    """One file, offline."""
    rows = [
        {
            **row,
            "href": report_link(row["run_dir"], folder),
            "rest": list(_rest({**row, "run_dir": ""})),
            "by": {cell["operation"]: {**cell, "shares": shares(cell)} for cell in row["cells"]},
        }
        for row in summary["rows"]
    ]
    return rendered("matrix.html.jinja", summary={**summary, "rows": rows}, head=head(summary))

"""`harness list --coverage`."""

from __future__ import annotations

from rich.table import Table

from harness.authoring.coverage import DESIGNS, Row, rows
from harness.cli.console import out_json, stdout


def coverage_command(output: str = "text") -> int:
    """Print where each item of the mission can be seen; 0."""
    found = rows()
    if output == "json":
        out_json({"items": [one.as_data() for one in found]})
        return 0
    table = Table(box=None, pad_edge=False)
    for name in ("item", "", "seen in", "invariant", *DESIGNS):
        table.add_column(name, overflow="fold")
    for one in found:
        table.add_row(one.item.id, one.item.says, *where(one))
    stdout().print(table)
    return 0


def where(row: Row) -> tuple[str, ...]:
    """Where it is seen, by what, and the verdict of each design."""
    item = row.item
    if item.experiment:
        return (item.experiment, item.invariant, *(row.seen[one] for one in DESIGNS))
    return (item.command or f"not yet: {item.missing}", "", *("" for _ in DESIGNS))

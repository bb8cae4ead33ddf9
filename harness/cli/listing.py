"""`harness list`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from harness.authoring.sections import Entry, sections
from harness.cli.console import note, out_json, stdout
from harness.registry import load_vocabulary


def list_command(section: str = "", target: str = "", output: str = "text") -> int:
    """Print what there is.

    Args:
        section: the one to print; "" for all.

    Returns:
        0; a section that there is not is raised.
    """
    words = load_vocabulary(target)
    found = sections(section, words)
    if output == "json":
        out_json({name: [one.as_data() for one in entries] for name, entries in found.items()})
        return 0
    console = stdout()
    for title, entries in found.items():
        console.print(_table("" if section else title, entries))
        if not section:
            console.print()
    if left := len(words.experiments) - len(found.get("experiments", words.experiments)):
        note(f"{left} experiments that come along are about another target")
    return 0


def _table(title: str, entries: Sequence[Entry]) -> Table:
    table = Table(title=title, title_justify="left", box=None, show_header=False, pad_edge=False)
    for _ in range(2):
        table.add_column(overflow="fold")
    for one in entries:
        table.add_row(one.name, one.about)
    return table

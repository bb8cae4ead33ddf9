"""`harness diff`."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import out_json, stdout
from harness.suite.difference import difference, difference_lines, load_side


def diff_command(before: str, after: str, output: str, runs: Path) -> int:
    """Compare two runs or two suites and print it.

    Returns:
        0 when nothing is new or worse, 1 when something is; else the worst code of the second.
    """
    summary = difference(load_side(runs, before), load_side(runs, after))
    if output == "json":
        out_json(summary)
    else:
        console = stdout()
        for line in difference_lines(summary):
            console.print(line)
    return int(summary["exit_code"])

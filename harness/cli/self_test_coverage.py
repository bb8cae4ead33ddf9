"""`harness self-test --coverage`: lines and branches of the service that no experiment runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from harness.cli.console import out_json, progress, stdout
from harness.explore.workers import cores
from harness.self_test.checks import DEFAULT, Subject
from harness.self_test.line_coverage import CoverageReport, ModuleCoverage, line_coverage


def coverage_command(
    package: str, workers: int | None, xml: Path | None, subject: Subject = DEFAULT, *, output: str
) -> int:
    """Run every experiment and the search on the good design, print what of it never ran.

    Returns:
        0: what did not run is a list to work on, no verdict.
    """
    report = line_coverage(package, workers or cores(), xml, progress(), subject)
    if output == "json":
        out_json(asdict(report))
    else:
        _show(report)
    return 0


def _show(report: CoverageReport) -> None:
    console = stdout()
    table = Table(box=None, pad_edge=False)
    for name in ("module", "lines", "ran", "branches", "ran"):
        table.add_column(name, justify="left" if name == "module" else "right")
    for one in report.modules:
        table.add_row(one.name, *_numbers((one,)))
    table.add_row("all", *_numbers(report.modules))
    console.print(table)
    console.print()
    for one in report.modules:
        for line in _gaps(one):
            console.print(line, soft_wrap=True)
    console.print(f"time     {report.seconds:.1f} s, {len(report.places)} places")


def _numbers(modules: Sequence[ModuleCoverage]) -> Iterator[str]:
    for counts, missed in (
        ([one.lines for one in modules], [one.lines_missed for one in modules]),
        ([one.branches for one in modules], [one.branches_missed for one in modules]),
    ):
        there, gone = sum(counts), sum(map(len, missed))
        yield str(there)
        yield f"{(there - gone) / there:.1%}" if there else ""


def _gaps(one: ModuleCoverage) -> Iterator[str]:
    """What never ran; a branch from a line that never ran says no more than the line does."""
    branches = [
        f"{start}->{end if end > 0 else 'exit'}"
        for start, end in one.branches_missed
        if start not in one.lines_missed
    ]
    if one.lines_missed or branches:
        yield f"{one.name}: {', '.join([*ranges(one.lines_missed), *branches])}"


def ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Line numbers, those in a row as one: `12-14`.

    Args:
        numbers: sorted.
    """
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield _range(first, last)
        first = last = number
    if first is not None:
        yield _range(first, last)


def _range(first: int, last: int | None) -> str:
    return str(first) if first == last else f"{first}-{last}"

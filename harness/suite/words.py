"""A suite for a person: a table on a terminal, summary.md, a page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.report.html import rendered
from harness.text import code, cut, line, markdown

TONES = {"pass": "green", "fail": "bold red", "unsafe": "bold red", "error": "red"}
FINDINGS_MAX = 3  # of a run; the others stand in its report
WHAT_MAX = 160  # characters of one
MARKS = {"known": "known", "waived": "waived", "new": "NEW"}

Told = Mapping[str, Any]


def head(told: Told) -> str:
    """`suite smoke, design naive, runtime sim, seed 1`."""
    return (
        f"suite {told['suite']}, design {told['design']}, runtime {told['runtime']}, "
        f"seed {told['seed']}"
    )


def counts(told: Told) -> str:
    """`6 runs: 4 pass, 2 fail; 12 s`."""
    each = ", ".join(f"{n} {word}" for word, n in told["verdicts"].items()) or "none"
    more = [f"{len(told[key])} {what}" for key, what in
            (("not_run", "not run"), ("left_out", "left out")) if told[key]]  # fmt: skip
    return "; ".join([f"{len(told['runs'])} runs: {each}", *more, f"{told['duration_s']:g} s"])


def show(told: Told, console: Console) -> None:
    """Print it."""
    word = told["verdict"]
    console.print(Text.assemble((word.upper(), TONES.get(word, "yellow")), f"  {line(head(told))}"))
    console.print(f"  {counts(told)}\n")
    for run in told["runs"]:
        _show_run(run, console)
    for key, what in (("not_run", "not run"), ("left_out", "left out")):
        for one in told[key]:
            title = f"{line(one['experiment'])} {line(one['title'])}: {line(one['why'])}"
            _row(console, what, "yellow", title, "")
    for said in told.get("gate", ()):
        console.print(f"\n{line(said)}")
    console.print(f"\nfolder  {told['folder']}", soft_wrap=True)
    console.print(f"repeat  {told['repeat']}", soft_wrap=True)


def _show_run(run: Told, console: Console) -> None:
    title = f"{line(run['experiment'])} {line(run['title'])}"
    again = f" (seed {run['seed']})" if "#" in run["name"] else ""
    tone = TONES.get(run["verdict"], "yellow")
    _row(console, run["verdict"], tone, title + again, f"{run['duration_s']:.1f} s")
    for said in told_findings(run):
        console.print(Padding(Text(said), (0, 0, 0, 4)))


def told_findings(run: Told) -> Iterator[str]:
    """What to say of a run that did not pass."""
    found = run["findings"]
    for one in found[:FINDINGS_MAX]:
        mark = MARKS.get(one.get("state", ""), "")
        yield f"{mark} {line(one['finding'])}: {cut(line(one['what']), WHAT_MAX)}".lstrip()
    if len(found) > FINDINGS_MAX:
        yield f"and {len(found) - FINDINGS_MAX} more"
    if run["exit_code"] and not found:
        yield from (line(reason) for reason in run["reasons"][:FINDINGS_MAX])
    if run["exit_code"] and run["run_dir"]:
        yield f"{run['run_dir']}/report.html"


def _row(console: Console, word: str, tone: str, title: str, took: str) -> None:
    table = Table.grid(padding=(0, 1, 0, 0), expand=False)
    table.add_column(width=14)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text(f"  {word}", tone), title, took)
    console.print(table)


def summary(told: Told) -> str:
    """summary.md: what a pull request shows."""
    lines = [
        f"## {markdown(head(told))}: {told['verdict'].upper()}",
        "",
        markdown(counts(told)),
        "",
        *(f"- {markdown(said)}" for said in told.get("gate", ())),
        "",
        "| experiment | | s | finding |",
        "|---|---|---|---|",
    ]
    for run in told["runs"]:
        word = run["verdict"] if not run["exit_code"] else f"**{run['verdict'].upper()}**"
        said = "<br>".join(markdown(text) for text in told_findings(run))
        title = markdown(f"{run['experiment']} {run['title']}")
        lines.append(f"| {title} | {word} | {run['duration_s']:.1f} | {said} |")
    for key, what in (("not_run", "not run"), ("left_out", "left out")):
        for one in told[key]:
            title = markdown(f"{one['experiment']} {one['title']}")
            lines.append(f"| {title} | {what} | | {markdown(one['why'])} |")
    return "\n".join([*lines, "", f"Repeat: {code(told['repeat'])}", ""])


def page(told: Told, folder: Path) -> str:
    """One file, offline; reports of runs are linked from where it lies."""
    runs = [
        {
            **run,
            "said": list(told_findings({**run, "run_dir": ""})),
            "href": _href(run["run_dir"], folder),
        }
        for run in told["runs"]
    ]
    return rendered("suite.html.jinja", told={**told, "runs": runs}, head=head(told),
                    counts=counts(told))  # fmt: skip


def _href(run_dir: str, folder: Path) -> str:
    """From one folder to the report in another; "" for a run that left none."""
    report = Path(run_dir) / "report.html"
    if not run_dir or not report.is_file():
        return ""
    return os.path.relpath(report.resolve(), folder.resolve())

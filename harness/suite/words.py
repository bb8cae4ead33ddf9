"""A suite for a person: a table on a terminal, summary.md, a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.json_types import JsonObject
from harness.report.html import rendered, report_link
from harness.store import REPORT
from harness.text import code, cut, line, markdown

TONES = {"pass": "green", "fail": "bold red", "unsafe": "bold red", "error": "red"}
FINDINGS_MAX = 3  # of a run; the others stand in its report
WHAT_MAX = 160  # characters of one
SKIPPED = (("not_run", "not run"), ("left_out", "left out"))
"""Keys of those that did not run, and the word for each."""
MARKS = {"known": "known", "waived": "waived", "new": "NEW"}


def head(summary: JsonObject) -> str:
    """`suite smoke, design naive, runtime sim, seed 1`."""
    return (
        f"suite {summary['suite']}, design {summary['design']}, runtime {summary['runtime']}, "
        f"seed {summary['seed']}"
    )


def counts(summary: JsonObject) -> str:
    """`6 runs: 4 pass, 2 fail; 12 s`."""
    each = ", ".join(f"{n} {word}" for word, n in summary["verdicts"].items()) or "none"
    more = [f"{len(summary[key])} {what}" for key, what in
            SKIPPED if summary[key]]  # fmt: skip
    return "; ".join(
        [f"{len(summary['runs'])} runs: {each}", *more, f"{summary['duration_s']:g} s"]
    )


def show(summary: JsonObject, console: Console) -> None:
    """Print it."""
    word = summary["verdict"]
    console.print(
        Text.assemble((word.upper(), TONES.get(word, "yellow")), f"  {line(head(summary))}")
    )
    console.print(f"  {counts(summary)}\n")
    for run in summary["runs"]:
        _show_run(run, console)
    for key, what in SKIPPED:
        for one in summary[key]:
            title = f"{line(one['experiment'])} {line(one['title'])}: {line(one['why'])}"
            _row(console, what, "yellow", title, "")
    for said in summary.get("gate", ()):
        console.print(f"\n{line(said)}")
    console.print(f"\nfolder  {summary['folder']}", soft_wrap=True)
    console.print(f"repeat  {summary['repeat']}", soft_wrap=True)


def _show_run(run: JsonObject, console: Console) -> None:
    title = f"{line(run['experiment'])} {line(run['title'])}"
    again = f" (seed {run['seed']})" if "#" in run["name"] else ""
    tone = TONES.get(run["verdict"], "yellow")
    _row(console, run["verdict"], tone, title + again, f"{run['duration_s']:.1f} s")
    for said in told_findings(run):
        console.print(Padding(Text(said), (0, 0, 0, 4)))


def told_findings(run: JsonObject) -> Iterator[str]:
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
        yield f"{run['run_dir']}/{REPORT}"


def _row(console: Console, word: str, tone: str, title: str, took: str) -> None:
    table = Table.grid(padding=(0, 1, 0, 0), expand=False)
    table.add_column(width=14)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text(f"  {word}", tone), title, took)
    console.print(table)


def as_markdown(summary: JsonObject) -> str:
    """summary.md: what a pull request shows."""
    lines = [
        f"## {markdown(head(summary))}: {summary['verdict'].upper()}",
        "",
        markdown(counts(summary)),
        "",
        *(f"- {markdown(said)}" for said in summary.get("gate", ())),
        "",
        "| experiment | | s | finding |",
        "|---|---|---|---|",
    ]
    for run in summary["runs"]:
        word = run["verdict"] if not run["exit_code"] else f"**{run['verdict'].upper()}**"
        said = "<br>".join(markdown(text) for text in told_findings(run))
        title = markdown(f"{run['experiment']} {run['title']}")
        lines.append(f"| {title} | {word} | {run['duration_s']:.1f} | {said} |")
    for key, what in SKIPPED:
        for one in summary[key]:
            title = markdown(f"{one['experiment']} {one['title']}")
            lines.append(f"| {title} | {what} | | {markdown(one['why'])} |")
    return "\n".join([*lines, "", f"Repeat: {code(summary['repeat'])}", ""])


def page(summary: JsonObject, folder: Path) -> str:
    """One file, offline; reports of runs are linked from where it lies."""
    runs = [
        {
            **run,
            "said": list(told_findings({**run, "run_dir": ""})),
            "href": report_link(run["run_dir"], folder),
        }
        for run in summary["runs"]
    ]
    return rendered("suite.html.jinja", summary={**summary, "runs": runs}, head=head(summary),
                    counts=counts(summary))  # fmt: skip

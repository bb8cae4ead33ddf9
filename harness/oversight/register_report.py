"""A graded register for a person: on a terminal of any width, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.json_types import JsonObject
from harness.oversight.grades import AGREES, DISSENTS
from harness.report.html import rendered
from harness.suite.findings import verdict_of
from harness.text import code, line, markdown

TONES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "green"}
NONE = "none"
WIDTH = 10  # of the word before a grade: `measured`, `expert`


def show(told: JsonObject, console: Console) -> None:
    """Print it: a block a risk."""
    head = f"{told['title']}, design {told['design']}, runs {told['runs']}"
    console.print(line(head))
    for risk in told["risks"]:
        items = f"  ({', '.join(map(line, risk['items']))})" if risk["items"] else ""
        console.print()
        console.print(Text(f"{line(risk['id'])}  {line(risk['title'])}{items}", "bold"))
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=WIDTH, no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for word, grade, why in rows(risk):
            table.add_row(f"  {word}", Text(grade, TONES.get(grade, "")), Text(line(why)))
        console.print(table)
    console.print()
    for said in last_lines(told):
        console.print(line(said))


def rows(risk: JsonObject) -> Iterator[tuple[str, str, str]]:
    """What stands, what was measured, what each expert says: word, grade, why."""
    seen = risk["measured"]
    yield "stands", risk["stands"] or NONE, risk["because"]
    for number, one in enumerate(seen["experiments"]):
        mark = _mark(DISSENTS if not number and seen["differs"] else AGREES)
        yield "" if number else "measured", one["grade"] or NONE, one["reason"] + mark
    for one in risk["experts"]:
        said = f"{one['by']}, {one['on']}: {one['reason']}{_mark(one['standing'])}"
        yield "expert", one["grade"], said


def _mark(standing: str) -> str:
    return "" if standing == AGREES else f" [{standing}]"


def last_lines(told: JsonObject) -> Iterator[str]:
    """Counts, what is overruled, and what to run where nothing was measured."""
    counts = ", ".join(f"{n} {grade}" for grade, n in told["counts"].items())
    yield f"{len(told['risks'])} risks: {counts}"
    for one in told["overruled"]:
        yield f"overruled: {one['expert']} on {one['risk']}"
    if told["missing"]:
        yield f"not measured: {', '.join(told['missing'])}; measure it:"
        yield f"  harness run {' '.join(told['missing'])} --design {told['design']} --repeat 5"


def as_markdown(told: JsonObject) -> str:
    """The register as a page: one table, then counts."""
    lines = [
        f"# {markdown(told['title'])}",
        "",
        f"design {code(told['design'])}, runs {code(told['runs'])}, {told['today']}",
        "",
        "| risk | | grade | why |",
        "|---|---|---|---|",
    ]
    for risk in told["risks"]:
        head = markdown(f"{risk['id']} {risk['title']}")
        for word, grade, why in rows(risk):
            lines.append(f"| {head} | {word} | {markdown(grade)} | {markdown(why)} |")
            head = ""
    return "\n".join([*lines, "", *(f"- {markdown(one)}" for one in last_lines(told)), ""])


def as_html(told: JsonObject) -> str:
    """The register as one file, offline."""
    verdict = verdict_of(told["exit_code"])
    risks = [(risk, list(rows(risk))) for risk in told["risks"]]
    return rendered(
        "risks.html.jinja", told=told, risks=risks, said=list(last_lines(told)), verdict=verdict
    )

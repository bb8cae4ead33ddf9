"""An incident for a person: on a terminal, and each report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.json_types import JsonObject
from harness.oversight.classification import HOUR_S
from harness.oversight.reports import MINUTE_S
from harness.oversight.rules import FIELDS
from harness.text import code, line, markdown

SHOWN_MAX = 10  # chosen: things of one field that a person reads; the JSON has all
NOT_SEEN = "not seen"
MARKS = {True: ("met", "green"), False: ("LATE", "bold red"), None: ("unknown", "yellow")}


def show(told: JsonObject, console: Console) -> None:
    """Print clock, figures, rules and reports."""
    console.print(line(head(told)))
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in (*clock(told), *figures(told)):
        table.add_row(f"  {name}", line(value))
    console.print(table)
    for rule in told["rules"]:
        console.print()
        word = rule["class"] if rule["applies"] else "does not apply"
        console.print(Text.assemble((line(rule["id"]), "bold"), f"  {line(word)}"))
        for said in (*criteria(rule), source(rule)):
            console.print(f"  {line(said)}")
    console.print()
    for report in told["reports"]:
        mark = MARKS[report["met"]]
        console.print(Text.assemble(mark, f"  {line(report['name'])}: {line(took(report))}"))
    if not told["reports"]:
        console.print("no report is demanded")
    kept = ", ".join(f"{one['service']} ({one['entries']})" for one in told["ledgers"])
    console.print(f"\nledgers that agree, entries: {line(kept) or 'none'}")
    for gap in told["gaps"]:
        console.print(f"evidence is missing or does not agree: {line(gap)}")


def head(told: JsonObject) -> str:
    """Which run, by which rules."""
    scale = f"1 s of the run stands for {told['time_scale']:g} s"
    return f"incident of {told['run']} by {told['title']}; {scale}"


def clock(told: JsonObject) -> Iterator[tuple[str, str]]:
    """The instants, on the run clock and nominal after the first harm."""
    first_s = told["clock"]["first_harm_s"]
    names = {
        "first_harm_s": "first harmed user",
        "detected_s": "detected by the service",
        "mitigated_s": "mitigated",
        "ended_s": "ended",
    }
    for key, name in names.items():
        t_s = told["clock"][key]
        yield name, NOT_SEEN if t_s is None else _instant(t_s, first_s, told["time_scale"])


def _instant(t_s: float, first_s: float | None, time_scale: float) -> str:
    if first_s is None:
        return f"{t_s:.3f} s"
    minutes = (t_s - first_s) * time_scale / MINUTE_S
    return f"{t_s:.3f} s ({minutes:+.1f} min nominal)"


def figures(told: JsonObject) -> Iterator[tuple[str, str]]:
    """The numbers."""
    of = told["figures"]
    yield "users hit", f"{of['users_hit']} of {of['users_seen']}"
    money = f"{of['money_in_doubt_minor']:,.0f} minor units"
    yield "money in doubt", f"{money}, {of['still_in_doubt_minor']:,.0f} still"
    yield "promises broken", str(of["promises_broken"])
    yield "acknowledged and lost", str(of["acknowledged_lost"])


def criteria(rule: JsonObject) -> Iterator[str]:
    """Each limit beside what was seen."""
    for one in rule["criteria"]:
        met = NOT_SEEN if one["at_s"] is None else f"met at {one['at_s']:.3f} s"
        yield f"{one['measure']} {one['value']:g}, at least {one['at_least']:g}: {met}"
    since = rule["classified_s"]
    if rule["applies"]:
        at = f"at {since:.3f} s" if since is not None else "never: nobody detected it"
        yield f"needed {rule['needed']}; classified {at}"


def source(rule: JsonObject) -> str:
    """Where a rule comes from."""
    return f"source: {rule['source']}{'' if rule['verified'] else ' (not verified)'}"


def took(report: JsonObject) -> str:
    """Minutes until complete beside the limit."""
    limit = f"{report['limit_min']:g} min after {report['after']}"
    if report["took_min"] is None:
        return f"never complete, limit {limit}; unknown: {', '.join(report['missing'])}"
    return f"complete after {report['took_min']:g} min, limit {limit}"


def as_markdown(told: JsonObject, report: JsonObject) -> str:
    """One report, as a draft to be signed."""
    lines = [
        f"# DRAFT {markdown(report['report'])} report: {markdown(told['title'])}",
        "",
        f"run {code(told['run'])}; rule {code(report['rule'])}; {markdown(source(report))}",
        "",
        markdown(took(report)),
        "",
        "| | value | known at |",
        "|---|---|---|",
    ]
    for name, field in report["fields"].items():
        known = NOT_SEEN if field["known_s"] is None else f"{field['known_s']:.3f} s"
        lines.append(f"| {markdown(FIELDS[name])} | {markdown(_shown(field))} | {known} |")
    for name, field in report["fields"].items():
        if field.get("of"):
            lines += ["", f"## {markdown(FIELDS[name])}", "", *_listed(field["of"])]
    hours = report["limit_min"] * MINUTE_S / HOUR_S
    lines += ["", f"Limit: {hours:g} h after {markdown(report['after'])}."]
    return "\n".join([*lines, "", f"Made again by {code(told['repeat'])}", ""])


def _shown(field: JsonObject) -> str:
    value = field["value"]
    if isinstance(value, list):
        return "; ".join(map(str, value)) or NOT_SEEN
    if value is None:
        return NOT_SEEN
    text = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    still = field.get("still_in_doubt_minor")
    return text if still is None else f"{text}, {still:,.0f} still"


def _listed(of: Any) -> Iterator[str]:
    for one in of[:SHOWN_MAX]:
        events = f", events {', '.join(map(str, one['events']))}" if one["events"] else ""
        yield f"- {one['t_s']:.3f} s: {markdown(one['what'])} ({one['amount']:g}{events})"
    if len(of) > SHOWN_MAX:
        yield f"- and {len(of) - SHOWN_MAX} more, in the JSON"

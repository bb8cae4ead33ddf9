"""A comparison for a person: lines of a terminal, a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.compare.measures import AVAILABILITY, MEASURES, Measure
from harness.json_types import JsonObject
from harness.report.html import rendered, report_link
from harness.report.words import NONE, duration, number
from harness.store import REPORT
from harness.text import cut, line

EVERY = (AVAILABILITY, *MEASURES)
TITLES = {measure.key: measure.title for measure in EVERY}
WHAT_MAX = 160  # characters of a counterexample
SHOWN_MAX = 4  # findings of a design; the others stand in the JSON document


def head(summary: JsonObject) -> str:
    """`hardened, brisk: 6 experiments, 5 seeds each, on sim`."""
    refs, seeds = len(summary["experiments"]), summary["seeds"]
    what = f"{refs} experiment{'s' * (refs != 1)}, {seeds} seed{'s' * (seeds != 1)} each"
    return f"{', '.join(summary['designs'])}: {what}, on {summary['runtime']}"


def value(measure: Measure, seen: JsonObject) -> str:
    """A number with its interval: `1.2 s (1.1 s .. 1.4 s)`."""
    if not seen["n"]:
        return NONE
    if seen["value"] is None:
        return f"never in {seen['never']} of {seen['n']}"
    ends = [_shown(measure, seen[key]) for key in ("low", "high")]
    also = f"; never in {seen['never']}" if seen.get("never") else ""
    known = seen["low"] is not None or seen["high"] is not None
    interval = f" ({' .. '.join(ends)})" if known else ""
    return f"{_shown(measure, seen['value'])}{interval}{also}"


def _shown(measure: Measure, amount: float | None) -> str:
    if amount is None:
        return "never"
    if measure.unit == "share":
        return f"{amount * 100:.2f} %"
    return duration(amount) if measure.unit == "s" else number(amount)


def contest(one: JsonObject) -> str:
    """Who is better in it, or what it would take to know."""
    if one["better"]:
        shown = f"{one['better']} is better"
        if one["wins"] + one["losses"]:
            wins = max(one["wins"], one["losses"])
            pairs = one["wins"] + one["losses"] + one["ties"]
            shown += f", in {wins} of {pairs} pairs"
        return f"{shown} (evidence {_strength(one['evidence'])})"
    seeds = one["more_seeds"]
    if seeds is None:
        return "no difference seen"
    return f"not known: about {seeds:,} more seed{'s' * (seeds != 1)} for a difference like this"


def _strength(evidence: float) -> str:
    return f"{evidence:,.0f}" if evidence < 1e6 else f"{evidence:.0e}"


def promises(row: JsonObject) -> Iterator[str]:
    """What a design kept and broke, one line each."""
    each = ", ".join(f"{n} {word}" for word, n in row["verdicts"].items()) or "none"
    held = "" if row["invariants"] or row["incomplete"] else "; every invariant held"
    yield f"{_runs(row['runs'])}: {each}{held}"
    for one in row["invariants"][:SHOWN_MAX]:
        what = cut(line(one["first"]), WHAT_MAX)
        yield f"BROKEN in {_runs(one['runs'])}: {one['finding']}: {what}"
        yield f"  {one['run_dir']}/{REPORT}"
    for one in row["others"][:SHOWN_MAX]:
        what = cut(line(one["first"]), WHAT_MAX)
        yield f"missed in {_runs(one['runs'])}: {one['finding']}: {what} ({one['run']})"
    for one in row["incomplete"][:SHOWN_MAX]:
        yield f"{one['verdict']}: {one['run']}: {cut(line(one['why']), WHAT_MAX)}"


def _runs(n: int) -> str:
    return f"{n} run{'s' * (n != 1)}"


def conclusion(summary: JsonObject) -> str:
    """The front in a sentence."""
    if not summary["numbers"]:
        return (
            "Numbers are not compared: only designs that keep every promise are, "
            "and fewer than two did."
        )
    on = summary["front"]
    beaten = [row["design"] for row in summary["numbers"] if row["design"] not in on]
    said = f"Pareto front: {', '.join(on)}"
    if not beaten:
        return f"{said}: none is beaten by another"
    return f"{said}; worse in something and better in nothing: {', '.join(beaten)}"


def show(summary: JsonObject, console: Console) -> None:
    """Print it."""
    console.print(f"{line(head(summary))}\n")
    for row in summary["results"]:
        tone = "bold red" if row["invariants"] else "yellow" if row["incomplete"] else "green"
        console.print(Text(line(row["design"]), tone))
        for said in promises(row):
            console.print(Padding(Text(said), (0, 0, 0, 2)))
    for one in summary["not_run"]:
        console.print(f"not run: {line(one['run'])}: {line(one['why'])}")
    if summary["numbers"]:
        console.print("\nmedian over runs with its 95 % interval; less is better but of served")
        for measure in EVERY:
            _show_measure(measure, summary, console)
    console.print(f"\n{line(conclusion(summary))}")
    console.print(f"\nfolder  {summary['folder']}", soft_wrap=True)
    console.print(f"repeat  {summary['repeat']}", soft_wrap=True)


def _show_measure(measure: Measure, summary: JsonObject, console: Console) -> None:
    console.print(Text(f"\n{measure.title}", "bold"))
    table = Table.grid(padding=(0, 2, 0, 0), expand=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in summary["numbers"]:
        table.add_row(f"  {line(row['design'])}", value(measure, row[measure.key]))
    console.print(table)
    many = len(summary["numbers"]) > 2
    for one in summary["contests"]:
        if one["measure"] == measure.key:
            who = f"{one['first']} and {one['second']}: " if many else ""
            console.print(Text(f"  {line(who)}{line(contest(one))}"))


def page(summary: JsonObject, folder: Path) -> str:
    """One file, offline."""
    panels = [_panel(measure, summary) for measure in EVERY if summary["numbers"]]
    results = [
        {**row, "said": list(promises({**row, "invariants": []})), "broken": [
            {**one, "href": report_link(one["run_dir"], folder)} for one in row["invariants"]
        ]}
        for row in summary["results"]
    ]  # fmt: skip
    return rendered(
        "compare.html.jinja",
        summary={**summary, "results": results},
        head=head(summary),
        conclusion=conclusion(summary),
        panels=panels,
    )


def _panel(measure: Measure, summary: JsonObject) -> JsonObject:
    """A row a design: number, and its interval as a bar from 0 to the greatest."""
    rows = [{"design": row["design"], **row[measure.key]} for row in summary["numbers"]]
    ends = [one[key] for one in rows for key in ("value", "low", "high")]
    known = [end for end in ends if end is not None]
    low = min(known, default=0.0) if measure.unit == "share" else 0.0
    top = max(known, default=0.0)
    return {
        "title": measure.title,
        "scale": f"{_shown(measure, low)} to {_shown(measure, top)}",
        "rows": [
            {
                "design": one["design"],
                "shown": value(measure, one),
                **{key: _x(one[key], low, top) for key in ("value", "low", "high")},
            }
            for one in rows
        ],
        "contests": [
            f"{one['first']}, {one['second']}: {contest(one)}"
            for one in summary["contests"]
            if one["measure"] == measure.key
        ],
    }


def _x(amount: float | None, low: float, top: float) -> float | None:
    """0..1000 along a bar."""
    if amount is None:
        return None
    return round(1000 * (amount - low) / (top - low), 1) if top > low else 0.0

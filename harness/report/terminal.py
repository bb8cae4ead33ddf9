"""The result for a person at a terminal; wraps at the width it is given, colours only on a
terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.json_types import JsonObject
from harness.model import FaultReport, RunResult, RunVerdict, Validity, Verdict
from harness.report import numbers
from harness.report.words import seconds
from harness.store import REPORT
from harness.text import cut, line, terminal
from harness.verdict import evidence_words, not_proven

COLOURS = {
    RunVerdict.PASS: "bold green",
    RunVerdict.FAIL: "bold red",
    RunVerdict.UNSAFE: "bold white on red",
}
MARKS = {
    Validity.VALID: ("ok", "green"),
    Validity.INVALID: ("BROKEN", "bold red"),
    Validity.UNKNOWN: ("unknown", "yellow"),
}
LIST_MAX = 6  # reasons beyond these stand in verdict.json
ITEM_MAX = 2000  # characters of one of them; chosen


def show(result: RunResult, console: Console) -> None:
    """Print it: verdict, why, counterexamples, invariants, faults, load, where and how to
    repeat."""
    console.print(Group(*_lines(result, console.encoding)), soft_wrap=False)


def marks_of(encoding: str) -> Mapping[bool | None, tuple[str, str]]:
    """The mark of a limit that is met, broken or unknown, and its style."""
    good, bad = ("\u2713", "\u2717") if encoding.lower().startswith("utf") else ("ok", "NO")
    return {True: (good, "green"), False: (bad, "bold red"), None: ("?", "yellow")}


def _lines(result: RunResult, encoding: str) -> Iterator[RenderableType]:
    style = COLOURS.get(result.verdict, "bold yellow")
    head = Text.assemble(
        (f"{result.verdict.value.upper()}", style),
        f"  {line(f'{result.experiment} {result.title}, design {result.design}')}",
    )
    yield head
    for reason in result.reasons[:LIST_MAX]:
        yield _item(reason)
    if len(result.reasons) > LIST_MAX:
        yield _item(f"and {len(result.reasons) - LIST_MAX} more, see verdict.json")
    broken = [one for one in result.verdicts if one.validity is Validity.INVALID and one.first_bad]
    for verdict in broken[:1]:
        yield from _counterexample(verdict, verdict.first_bad or {})
    yield from _numbers(result, marks_of(encoding))
    if result.verdicts:
        yield Text("\ninvariants", "bold")
        yield from (_invariant(verdict) for verdict in result.verdicts)
    if result.faults:
        yield Text("\nfaults", "bold")
        yield from (_fault(fault) for fault in result.faults)
    if result.load:
        yield Text("\nload", "bold")
        yield _item(_load(result.load))
        yield from (_item(_stage(stage)) for stage in result.load.get("stages", ()))
    yield Text("")
    yield Text(f"run     {line(f'{result.run_dir}')}", overflow="fold")
    yield Text(f"report  {line(f'{result.run_dir}/{REPORT}')}", overflow="fold")
    yield Text(f"repeat  {line(f'{result.repeat}')}", overflow="fold")


def _numbers(
    result: RunResult, marks: Mapping[bool | None, tuple[str, str]]
) -> Iterator[RenderableType]:
    """Limits, the outage, latencies, error budgets, money at risk."""
    if found := list(numbers.limits(result)):
        yield Text("\nsteady state and thresholds", "bold")
        for one in found:
            mark, style = marks[one.met]
            said = f"{one.name} {one.when}: {one.shown}, asked {one.tolerance}  ({one.note})"
            yield _item(Text.assemble((f"{mark} ", style), line(cut(said, ITEM_MAX))))
    for title, rows in (("outage", numbers.outage(result)), ("response", numbers.response(result))):
        if rows:
            yield Text(f"\n{title}", "bold")
            yield _table([], rows)
    heads, rows_ = numbers.latencies(result)
    if rows_:
        yield Text("\nlatency of good answers, from the intended start", "bold")
        yield _table(heads, rows_)
    if spent := numbers.budgets(result):
        yield Text("\nerror budget", "bold")
        yield _table([], spent)
    if said := numbers.risk_words(result):
        yield Text("\nmoney at risk", "bold")
        yield _item(said)
        yield _table(["when", "at most, minor units", "oldest"], numbers.risk_rows(result))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    table = Table(box=None, show_header=bool(heads), pad_edge=False, header_style="dim")
    width = max((len(row) for row in rows), default=0) if not heads else len(heads)
    for head in [*heads, *[""] * (width - len(heads))]:
        table.add_column(terminal(head), overflow="fold")
    for row in rows:
        table.add_row(*(Text(terminal(cell)) for cell in row))
    return Padding(table, (0, 0, 0, 2), expand=False)


def _counterexample(verdict: Verdict, bad: Mapping[str, object]) -> Iterator[RenderableType]:
    yield Text(f"\ncounterexample to {line(verdict.title)}", "bold red")
    yield _item(f"claim: {verdict.claim}")
    yield _item(str(bad.get("what", "")))
    rows: Any = next((value for value in bad.values() if _is_rows(value)), [])
    for row in rows:
        yield _item(", ".join(f"{key} {_value(value)}" for key, value in row.items()), 4)
    if verdict.why:
        yield _item(f"why this design: {verdict.why}")
    others = int(verdict.details.get("bad", 1)) - 1
    if others > 0:
        yield _item(f"and {others} more like it, see verdict.json for the other invariants")


def _is_rows(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def _invariant(verdict: Verdict) -> RenderableType:
    mark, style = MARKS[verdict.validity]
    shown = Text("  ")
    shown.append(f"{mark:<8}", style)
    shown.append(f"{'/'.join(verdict.ids):<5} {verdict.checker}")
    shown.append(f"  {verdict.examined} examined", "dim")
    if verdict.validity is Validity.UNKNOWN:
        shown.append(f"  {line(cut(verdict.why, ITEM_MAX))}", "yellow")
    return shown


def _fault(fault: FaultReport) -> RenderableType:
    undone = "undone and read back" if fault.undone else "NOT UNDONE"
    span = (
        f"{fault.kind} at {fault.where}, {seconds(fault.t_inject_s)} .. {seconds(fault.t_heal_s)}"
    )
    if fault.cut_short:
        return _item(f"{span}: cut short, {undone}")
    if not fault.proven:
        return _item(f"{span}: NOT PROVEN: {not_proven(fault)}; {undone}")
    return _item(f"{span}: proven ({evidence_words(fault)}), {undone}")


def _load(load: Mapping[str, object]) -> str:
    if "asked" not in load:
        return f"ended without a report, {load.get('operations', 0)} operations"
    return (
        f"{load.get('delivered')} of {load.get('asked')} journeys started, "
        f"{load.get('late')} late, {load.get('dropped')} dropped, "
        f"{load.get('operations', 0)} operations"
    )


def _stage(stage: JsonObject) -> str:
    asked = "..".join(dict.fromkeys(f"{rate:.4g}" for rate in stage["asked_per_s"]))
    return (
        f"{stage['t_from_s']:g}..{stage['t_to_s']:g} s: asked {asked}/s, about "
        f"{stage['asked']:g} journeys, delivered {stage['delivered_per_s']:g}/s, "
        f"{stage['delivered']}"
    )


def _value(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _item(text: str | Text, indent: int = 2) -> RenderableType:
    shown = text if isinstance(text, Text) else Text(terminal(cut(text, ITEM_MAX)))
    shown.overflow = "fold"
    return Padding(shown, (0, 0, 0, indent), expand=False)

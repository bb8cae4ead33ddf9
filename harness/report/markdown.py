"""summary.md: what a pull request shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.model import FaultReport, RunResult, Validity
from harness.report import numbers
from harness.text import code, markdown
from harness.verdict import not_proven

MARKS = {Validity.VALID: "held", Validity.INVALID: "**BROKEN**", Validity.UNKNOWN: "unknown"}


def summary(result: RunResult) -> str:
    """Verdict, reasons, invariants and faults as Markdown."""
    lines = [
        f"## {markdown(f'{result.experiment} {result.title}')}: {result.verdict.value.upper()}",
        "",
        f"design {code(result.design)}, runtime {code(result.runtime)}, seed `{result.seed}`, "
        f"{result.duration_s:g} s",
        "",
        *(f"- {markdown(reason)}" for reason in result.reasons),
        "",
        *_numbers(result),
        "| invariant | | examined | first counterexample |",
        "|---|---|---|---|",
    ]
    for verdict in result.verdicts:
        witness = (verdict.first_bad or {}).get("what", verdict.why)
        name = markdown(verdict.title)
        lines.append(
            f"| {name} | {MARKS[verdict.validity]} | {verdict.examined} | {markdown(witness)} |"
        )
    lines += ["", "| fault | where | proven | undone |", "|---|---|---|---|"]
    for fault in result.faults:
        kind, where = markdown(fault.kind), markdown(fault.where)
        lines.append(f"| {kind} | {where} | {_proven(fault)} | {_yes(fault.undone)} |")
    return "\n".join([*lines, "", f"Repeat: {code(result.repeat)}", ""])


def _numbers(result: RunResult) -> Iterator[str]:
    """Limits, the outage, latencies, error budgets, money at risk."""
    marks = {True: "\u2713", False: "**\u2717**", None: "unknown"}
    heads = ["", "limit", "when", "seen", "asked", ""]
    yield from _table(
        heads,
        ([marks[one.met], one.name, one.when, one.shown, one.tolerance, one.note]
         for one in numbers.limits(result)),
    )  # fmt: skip
    yield from _table(["outage", ""], numbers.outage(result))
    yield from _table(["response", ""], numbers.response(result))
    yield from _table(*numbers.latencies(result))
    yield from _table(["error budget", "", ""], numbers.budgets(result))
    if said := numbers.risk_words(result):
        yield from (f"Money at risk: {markdown(said)}", "")
        yield from _table(["when", "at most, minor units", "oldest"], numbers.risk_rows(result))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, and an empty line; nothing where there are no rows."""
    body = [f"| {' | '.join(map(markdown, row))} |" for row in rows]
    if body:
        yield f"| {' | '.join(heads)} |"
        yield "|" + "---|" * len(heads)
        yield from (*body, "")


def _proven(fault: FaultReport) -> str:
    if fault.cut_short:
        return "cut short"
    return "yes" if fault.proven else f"NO: {markdown(not_proven(fault))}"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"

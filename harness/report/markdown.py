"""summary.md: what a pull request shows."""

from __future__ import annotations

from harness.model import FaultReport, RunResult, Validity
from harness.text import code, markdown

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
        "| invariant | | examined | first counterexample |",
        "|---|---|---|---|",
    ]
    for verdict in result.verdicts:
        witness = (verdict.first_bad or {}).get("what", verdict.why)
        name = markdown(f"{'/'.join(verdict.ids)} {verdict.checker}")
        lines.append(
            f"| {name} | {MARKS[verdict.validity]} | {verdict.examined} | {markdown(witness)} |"
        )
    lines += ["", "| fault | where | proven | undone |", "|---|---|---|---|"]
    for fault in result.faults:
        kind, where = markdown(fault.kind), markdown(fault.where)
        lines.append(f"| {kind} | {where} | {_proven(fault)} | {_yes(fault.undone)} |")
    return "\n".join([*lines, "", f"Repeat: {code(result.repeat)}", ""])


def _proven(fault: FaultReport) -> str:
    return "cut short" if fault.cut_short else _yes(fault.proven)


def _yes(value: bool) -> str:
    return "yes" if value else "NO"

"""summary.md: what a pull request shows."""

from __future__ import annotations

from harness.model import FaultReport, RunResult, Validity

MARKS = {Validity.VALID: "held", Validity.INVALID: "**BROKEN**", Validity.UNKNOWN: "unknown"}


def summary(result: RunResult) -> str:
    """Verdict, reasons, invariants and faults as Markdown."""
    lines = [
        f"## {result.experiment} {_cell(result.title)}: {result.verdict.value.upper()}",
        "",
        f"design `{result.design}`, runtime `{result.runtime}`, seed `{result.seed}`, "
        f"{result.duration_s:g} s",
        "",
        *(f"- {_cell(reason)}" for reason in result.reasons),
        "",
        "| invariant | | examined | first counterexample |",
        "|---|---|---|---|",
    ]
    for verdict in result.verdicts:
        witness = (verdict.first_bad or {}).get("what", verdict.why)
        name = f"{'/'.join(verdict.ids)} {verdict.checker}"
        lines.append(
            f"| {name} | {MARKS[verdict.validity]} | {verdict.examined} | {_cell(str(witness))} |"
        )
    lines += ["", "| fault | where | proven | undone |", "|---|---|---|---|"]
    for fault in result.faults:
        lines.append(f"| {fault.kind} | {fault.where} | {_proven(fault)} | {_yes(fault.undone)} |")
    return "\n".join([*lines, "", f"Repeat: `{result.repeat}`", ""])


def _proven(fault: FaultReport) -> str:
    return "cut short" if fault.cut_short else _yes(fault.proven)


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


def _cell(text: str) -> str:
    """Text from outside, without power over the table or the page."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")

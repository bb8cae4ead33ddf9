"""What a drill came to, as JSON and as Markdown: targets beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.drill.measurements import measurements, spread
from harness.json_types import JsonDict, JsonObject
from harness.suite.findings import findings, verdict_of, worst
from harness.text import code, markdown

SHOWN_MAX = 10  # chosen: lost promises of one run that a person reads


def summary(plan: JsonObject, runs: Sequence[JsonObject]) -> JsonDict:
    """The whole result as plain data.

    Args:
        plan: as written before the first run.
        runs: result documents, in order; one or more.
    """
    exit_code = worst(run["exit_code"] for run in runs)
    rows = [row for run in runs for row in measurements(run)]
    return {
        **plan,
        "verdict": verdict_of(exit_code),
        "exit_code": exit_code,
        "runs": [
            {
                "experiment": run["experiment"],
                "title": run["title"],
                "verdict": run["verdict"],
                "findings": [f"{one.key}: {one.what}" for one in findings(run)],
                "reasons": run["reasons"],
                "duration_s": run["duration_s"],
                "repeat": run["repeat"],
            }
            for run in runs
        ],
        "measurements": rows,
        "spread": spread(rows),
    }


def in_markdown(told: JsonObject) -> str:
    """The same for a person."""
    lines = [
        f"# Drill {markdown(told['direction'])}: {told['verdict'].upper()}",
        "",
        f"design {code(told['design'])}, topology {code(told['topology'])}, runtime "
        f"{code(told['runtime'])}, seed `{told['seed']}`, {told['utc']}",
        "",
        *_table(
            ["experiment", "verdict", "what was found first"],
            ([f"{run['experiment']} {run['title']}", run["verdict"], _first(run)]
             for run in told["runs"]),
        ),
        *_table(
            ["experiment", "measured", "target", "seen", "margin", ""],
            (_measured(row) for row in told["measurements"]),
        ),
        *_table(
            ["over all runs", "least", "median", "greatest"],
            (_spread(row) for row in told["spread"]),
        ),
        *_promises(told["measurements"]),
        *_table(
            ["what others ask for", "number", "source", "verified"],
            ([one["what"], one["number"], one["source"], _yes(one["verified"])]
             for one in told["standards"]),
        ),
        f"Repeat: {code(told['repeat'])}",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _first(run: JsonObject) -> str:
    return next(iter([*run["findings"], *run["reasons"]]), "")


def _measured(row: JsonDict) -> list[str]:
    mark = {True: "met", False: "MISSED", None: ""}[row["met"]]
    unit = row["unit"]
    shown = (_shown(row[key], unit) for key in ("target", "measured", "margin"))
    target, seen, margin = shown
    return [row["experiment"], row["what"], target, seen, margin, mark]


def _spread(row: JsonDict) -> list[str]:
    values = (row[key] for key in ("least", "median", "greatest"))
    return [row["what"], *(_shown(value, row["unit"]) for value in values)]


def _promises(rows: Sequence[JsonDict]) -> Iterator[str]:
    """The first of each run; measurements.json has all, with what the borrower was answered."""
    lost = [
        [row["experiment"], one["id"], one["to"], _shown(one["at_s"], "s")]
        for row in rows
        for one in row.get("promises", [])[:SHOWN_MAX]
    ]
    yield from _table(["lost in", "what", "acknowledged to", "at"], lost)


def _shown(value: object, unit: str) -> str:
    return "-" if value is None else f"{value:g} {unit}".strip()


def _yes(value: object) -> str:
    return "yes" if value is True else "no"


def _table(heads: Sequence[str], rows: Any) -> Iterator[str]:
    """A table and an empty line; nothing where there are no rows."""
    cells = [[markdown(str(cell)) for cell in row] for row in rows]
    if cells:
        yield "| " + " | ".join(heads) + " |"
        yield "|---" * len(heads) + "|"
        yield from ("| " + " | ".join(row) + " |" for row in cells)
        yield ""

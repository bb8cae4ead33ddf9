"""Declared and observed modes, cell by cell, as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.figures.modes import FAILED, FULL, REFUSED
from harness.json_types import JsonDict, JsonObject
from harness.matrix.conditions import Row
from harness.model import EXIT_CODES, RunVerdict
from harness.suite.findings import findings, verdict_of, worst
from harness.target import Degradation

REFUSING = frozenset({"READONLY", "SHED", "SUSPENDED", "OFF"})
"""Declared modes in which a refusal with reasons is what was promised.

Source: the modes of a degradation contract, docs/designs.md.
"""
SHARE_MIN = 0.01  # chosen: fewer answers than that do not make a mode
FAIL = EXIT_CODES[RunVerdict.FAIL]
NOTHING_PROVEN = EXIT_CODES[RunVerdict.INCONCLUSIVE]
OK, UNDECLARED, NOTHING = "ok", "undeclared", "nothing seen"


def outcome(
    head: JsonObject,
    seen: Sequence[tuple[Row, JsonObject | None]],
    degradation: Degradation,
    operations: Sequence[str],
) -> JsonDict:
    """The document.

    Args:
        head: what was asked for.
        seen: each row with the result document of its run; None for one that did not run.
        operations: of the target, in its order.
    """
    rows = [_row(row, run, degradation, operations) for row, run in seen]
    named = [cell["operation"] for row in rows for cell in row["cells"]]
    code = worst(row["exit_code"] for row in rows) if rows else NOTHING_PROVEN
    return {
        **head,
        "verdict": verdict_of(code),
        "exit_code": code,
        "operations": sorted(set(named), key=lambda one: (named.index(one), one)),
        "undeclared": sum(cell["state"] == UNDECLARED for row in rows for cell in row["cells"]),
        "rows": rows,
    }


def _row(
    row: Row, run: JsonObject | None, degradation: Degradation, operations: Sequence[str]
) -> JsonDict:
    told: JsonDict = {
        "dependency": row.dependency.name,
        "services": list(row.dependency.services),
        "condition": row.condition,
        "experiment": str(row.path or ""),
    }
    if run is None:
        why = row.why or "it did not run"
        code = NOTHING_PROVEN if row.path else 0  # what cannot be written is no evidence missing
        return {**told, "exit_code": code, "why": why, "cells": [], "broken": [], "run_dir": ""}
    why = _not_shown(run)
    cells = [] if why else list(_cells(row, run, degradation, operations))
    broken = [
        {"finding": one.key, "what": one.what}
        for one in findings(run)
        if one.key.startswith("invariant ")
    ]
    failed = broken or any(cell["state"] == UNDECLARED for cell in cells)
    other = run["exit_code"] if run["exit_code"] not in (0, FAIL, NOTHING_PROVEN) else 0
    code = worst([other, FAIL if failed else 0, NOTHING_PROVEN if why else 0])
    return {**told, "exit_code": code, "why": why, "cells": cells, "broken": broken,
            "run_dir": run["run_dir"], "repeat": run["repeat"]}  # fmt: skip


def _not_shown(run: JsonObject) -> str:
    """Why a run says nothing of modes; "" when it does."""
    if run["exit_code"] not in (0, FAIL, NOTHING_PROVEN):
        return f"{run['verdict']}: {run['reasons'][0]}"
    before = [look for look in run["hypothesis"] if look["when"] == "before"]
    proven = run["faults"] and all(one["proven"] and one["undone"] for one in run["faults"])
    if proven and all(look["met"] for look in before):
        return ""
    return str(run["reasons"][0])


def _cells(
    row: Row, run: JsonObject, degradation: Degradation, operations: Sequence[str]
) -> Iterator[JsonDict]:
    """Each operation that was asked for or that a mode was seen of."""
    observed: Mapping[str, Mapping[str, int]] = run["figures"]["modes"]
    extra = [name for name in (*degradation, *observed) if name not in operations]
    for operation in dict.fromkeys([*operations, *extra]):
        declared = (
            degradation.get(operation, {})
            .get(row.dependency.role, {})
            .get(row.dependency.state, FULL)
        )
        counts = observed.get(operation, {})
        yield {
            "operation": operation,
            "declared": declared,
            "observed": dict(counts),
            **_judged(declared, counts),
        }


def _judged(declared: str, counts: Mapping[str, int]) -> JsonDict:
    """Whether everything that was seen had been declared; `mode` is what to look at first."""
    n = sum(counts.values())
    if not n:
        return {"state": NOTHING, "mode": ""}
    allowed = {FULL, *declared.split(" or ")}
    seen = [mode for mode, count in counts.items() if mode == FAILED or count >= SHARE_MIN * n]
    wrong = [mode for mode in seen if not _allowed(mode, allowed)]
    less = [mode for mode in seen if mode != FULL]
    most = max(wrong or less or [FULL], key=lambda mode: counts.get(mode, 0))
    return {"state": UNDECLARED if wrong else OK, "mode": most}


def _allowed(mode: str, allowed: set[str]) -> bool:
    return mode in allowed or (mode == REFUSED and bool(allowed & REFUSING))

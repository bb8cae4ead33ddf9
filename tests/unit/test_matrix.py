"""Modes that were declared and modes that were seen, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.figures.modes import modes
from harness.figures.outcomes import classes
from harness.history import History
from harness.matrix.conditions import Dependency, Row, conditions, dependencies, rows
from harness.matrix.outcome import outcome
from harness.registry import load_vocabulary
from harness.runtime_registry import load_runtime

RISK = Row(Dependency("risk", "all", ("r",)), "down", Path("x.yaml"))
DECLARED = {"submit": {"risk": {"all": "STANDIN or QUEUE"}}, "order": {"risk": {"all": "SHED"}}}


def run(observed: dict[str, dict[str, int]], *broken: str, proven: bool = True) -> dict[str, Any]:
    """The result document of a run, as far as a matrix reads it."""
    return {
        "verdict": "fail" if broken else "pass", "exit_code": int(bool(broken)),
        "reasons": ["because"], "run_dir": "r", "repeat": "again", "thresholds": [],
        "invariants": [{"name": name, "verdict": "invalid", "claim": "c",
                        "first_bad": {"what": "seen"}} for name in broken],
        "hypothesis": [{"when": "before", "met": True, "probes": []}],
        "faults": [{"proven": proven, "undone": True, "worse": "", "where": "x"}],
        "figures": {"modes": observed},
    }  # fmt: skip


def judged(observed: dict[str, dict[str, int]]) -> dict[str, str]:
    """Operation -> state of its cell."""
    summary = outcome({}, [(RISK, run(observed))], DECLARED, ["submit", "pay", "order"])
    return {cell["operation"]: cell["state"] for cell in summary["rows"][0]["cells"]}


@pytest.mark.parametrize(
    ("operation", "seen", "state"),
    [
        ("submit", {"STANDIN": 5, "QUEUE": 50, "FULL": 10}, "ok"),
        ("submit", {"STALE": 5, "FULL": 10}, "undeclared"),
        ("submit", {"REFUSED": 5, "FULL": 10}, "undeclared"),
        ("order", {"REFUSED": 5, "FULL": 10}, "ok"),  # SHED is a refusal with reasons
        ("pay", {"FULL": 200, "DEGRADED": 1}, "ok"),  # one in 200 is no mode
        ("pay", {"FULL": 50, "DEGRADED": 1}, "undeclared"),
        ("pay", {"FULL": 2000, "FAILED": 1}, "undeclared"),  # never without reasons
        ("pay", {}, "nothing seen"),
    ],
)
def test_what_was_seen_and_not_declared_is_a_failure(
    operation: str, seen: dict[str, int], state: str
) -> None:
    """A cell that is not declared is FULL."""
    assert judged({operation: seen} if seen else {})[operation] == state


def test_a_row_fails_by_a_cell_or_an_invariant_and_shows_nothing_without_proof() -> None:
    """No empty pass: a fault that did not bite says nothing of modes."""

    def code(document: dict[str, Any] | None, row: Row = RISK) -> int:
        found: int = outcome({}, [(row, document)], DECLARED, ["pay"])["exit_code"]
        return found

    assert code(run({"pay": {"FULL": 9}})) == 0
    assert code(run({"pay": {"FULL": 9}}, "paid_once")) == 1
    assert code(run({"pay": {"FULL": 9}}, proven=False)) == 3
    assert code(None) == 3
    assert code(None, Row(RISK.dependency, "wrong", None, "no such fault")) == 0
    assert outcome({}, [], DECLARED, ["pay"])["exit_code"] == 3


def test_every_dependency_can_be_broken_in_every_way(tmp_path: Path) -> None:
    """What comes along fits the reference: one and all of each role."""
    words, names = load_vocabulary(), list(conditions())
    found = list(rows(words, load_runtime("sim"), names, tmp_path))
    assert names == ["down", "slow", "flapping", "wrong"]
    assert [row for row in found if row.path is None] == []
    assert len(found) == len(names) * len(dependencies(words)) == 36
    assert {one.name for one in dependencies(words)} >= {"one payment_gateway", "risk_engine"}


def test_an_answer_shows_the_mode_of_what_it_tells_of() -> None:
    """What is read of an application that waits for its money is a payout that waits."""
    told = load_vocabulary().target
    assert modes(History([]), told, classes(History([]), told)) == {}

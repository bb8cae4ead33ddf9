"""R8: all that was begun is done: the outbox is empty, and work fails only with its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import is_touched, samples
from chaos.invariants._views import final_reads
from chaos.lending import DATABASE, FUNDER, TERMINAL
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome, Phase

FIGURES = "figures"
TASKS, AGAIN = "Queue, tasks", "Tasks tried again, 1/s"
ENDED = TERMINAL | {"credited", "failed"}
BY_RECORDS = ("", DATABASE)
BY_OTHERS: Mapping[str, str] = {"commit": FUNDER}
"""Work that fails, and is done again, when a third party's books disagree with ours. Whatever else
a third party answers is no failure of work: it waits, asks, or is told."""

AFTER_S = 5.0
"""How long after a healing work may still fail; chosen, not measured."""


def _examine(history: History, objectives: Objectives) -> Findings:
    told = [op for op in history.ops(FIGURES, outcome=Outcome.OK) if op.phase == Phase.SETTLED]
    failing = list(_failing(history, objectives))
    left = _left(told[-1], history) if told else ""
    found = [*failing, *([bad(told[-1].t_invoke_s, left, [told[-1].index])] if left else [])]
    return Findings(
        examined=len(told),
        bad=found,
        details={"left": sum(_tasks(told[-1]).values()) if told else None},
        missing="" if told else "the figures were not read at the end",
    )


def _left(op: Op, history: History) -> str:
    """What is left to do beyond things that have not ended; "" for nothing."""
    finals = [*final_reads(history, "application").values()]
    finals += final_reads(history, "repayment").values()
    waiting = sum(not _is_over(one.value) for one in finals)
    tasks = _tasks(op)
    if sum(tasks.values()) <= 2 * waiting:  # work on it, and a word to its borrower
        return ""
    each = ", ".join(f"{int(n)} {kind}" for kind, n in tasks.items())
    return f"{each} left in the outbox at {op.t_invoke_s:.2f} s, and {waiting} things not ended"


def _is_over(told: Mapping[str, Any]) -> bool:
    """Ended, and looked at by the model if somebody stood in for it."""
    decision = told.get("decision") or {}
    unscored = decision.get("by") == "stand_in" and not decision.get("rescored")
    return told.get("status") in ENDED and not unscored


def _tasks(op: Op) -> Mapping[str, float]:
    found: Mapping[str, float] = op.value.get(TASKS, {})
    return found


def _failing(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    for before, event in pairwise(samples(history, AGAIN)):
        risen = {
            kind: int(n - before.v[AGAIN].get(kind, 0.0))
            for kind, n in event.v[AGAIN].items()
            if n > before.v[AGAIN].get(kind, 0.0)
            and not _in_trouble(kind, before, event, history, objectives)
        }
        if risen:
            each = ", ".join(f"{n} of {kind}" for kind, n in risen.items())
            what = f"work failed, and our records were well: {each} by {event.t_s:.2f} s"
            yield bad(event.t_s, what, [before.i, event.i])


def _in_trouble(
    kind: str, before: Event, event: Event, history: History, objectives: Objectives
) -> bool:
    roles = (*BY_RECORDS, BY_OTHERS.get(kind, ""))
    return is_touched(history, objectives, roles, before.t_s - AFTER_S, event.t_s)


INVARIANT = Invariant(
    name="work_ends",
    ids=("R8",),
    claim="At the end nothing is left to do but for what has not ended, and no piece of work fails "
    "while our own records are well.",
    examine=_examine,
    timed=True,
    at_end=True,
)

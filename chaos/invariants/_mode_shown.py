"""Modes that borrowers met for a while, against the record of those that were declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from chaos.invariants._finding import bad
from chaos.invariants._mode_trail import Trail
from chaos.invariants._operator import samples
from chaos.invariants._page_times import BREAKERS, CLOSED, OPEN
from chaos.targets._reference_report import shown_mode
from harness.history import History
from harness.model import Objectives, Op, Outcome

SHOWN = ("read_limit", "repay")
"""Operations whose own answers show at once in which mode they are."""

ANSWERS_MIN, LASTS_S = 8, 5.0
"""So many answers in a row, over so long, show a mode that has to be declared; chosen."""


def unkept_of_borrowers(
    history: History, objectives: Objectives, trail: Trail, ahead_s: float
) -> Iterator[Mapping[str, object]]:
    """Modes that were met while everybody whom they need was held back, and are not in the record.

    What a third party that does answer makes of a single answer is no mode.
    """
    for operation, mode, ops in _at_length(history):
        first_s, last_s = ops[0].t_invoke_s, ops[-1].last_s
        if not _held_back(history, objectives, operation, first_s, last_s):
            continue
        kept = trail.of(operation)
        ends_s = [*(one.at_s for one in kept[1:]), float("inf")]
        held = (
            one.new == mode and one.at_s <= last_s + ahead_s and first_s + ahead_s <= end_s
            for one, end_s in zip(kept, ends_s, strict=False)
        )  # fmt: skip
        if trail.reaches(first_s + ahead_s) and not any(held):
            what = f"{len(ops)} answers in a row showed {operation} in the mode {mode} until "
            what += f"{last_s:.2f} s, and no such mode is kept of that time"
            yield bad(last_s, what, [op.index for op in ops[:10]], operation=operation)


def _at_length(history: History) -> Iterator[tuple[str, str, Sequence[Op]]]:
    """Operation, mode, and the answers in a row that showed borrowers that it was in it."""
    for f in SHOWN:
        answers = sorted(history.ops(f, outcome=Outcome.OK), key=lambda op: op.last_s)
        for shown, group in groupby(answers, key=shown_mode):
            ops = list(group)
            lasted_s = ops[-1].last_s - ops[0].last_s
            if shown is not None and len(ops) >= ANSWERS_MIN and lasted_s >= LASTS_S:
                yield *shown, ops


def _held_back(
    history: History, objectives: Objectives, operation: str, t_from_s: float, t_to_s: float
) -> bool:
    """Whether every breaker of a role that it needs was open at a look in that time."""
    system = objectives.system
    looks = [e.v[BREAKERS] for e in samples(history, BREAKERS) if t_from_s <= e.t_s <= t_to_s]
    needed = [system.playing(role) for role in system.degradation.get(operation, {})]
    return any(
        names and all(states.get(name, CLOSED) == OPEN for name in names)
        for states in looks
        for names in needed
    )

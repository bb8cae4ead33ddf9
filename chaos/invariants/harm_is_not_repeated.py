"""U3 for people who come back: one obstacle is forgiven, a second one costs their trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad, missing
from chaos.invariants._front import front_windows, nobody_there
from chaos.invariants._views import by_user, cut_off, explained, own_doing, result
from harness.history import History
from harness.model import Objectives, Op, Outcome

SILENT, EXPLAINED = 2, 1
"""What an obstacle weighs: a failure without a word more than a refusal that says why; chosen."""

DEBT_MAX = 2
"""What a borrower forgives: one silent failure, or two refusals that say why; chosen."""

APART_S = 3.0
"""Failures of one borrower that are less apart are one obstacle; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    windows = front_windows(history, objectives)
    back = {user: ops for user, ops in by_user(history).items() if len(_visits(ops)) > 1}
    met = {
        user: _visits([
            op
            for op in ops
            if op.outcome is not Outcome.OK
            and not own_doing(op, objectives)
            and not nobody_there(op, windows)
            and not cut_off(op, history, objectives)
        ])
        for user, ops in back.items()
    }  # fmt: skip
    return Findings(
        examined=len(back),
        bad=[_bad(user, visits) for user, visits in met.items() if _debt(visits) > DEBT_MAX],
        details={
            "failed_once": sum(len(visits) == 1 for visits in met.values()),
            "failed_again": sum(len(visits) > 1 for visits in met.values()),
            "debt_max": max(map(_debt, met.values()), default=0),
        },
        missing=missing("" if back else "no borrower came back"),
    )


def _visits(ops: Sequence[Op]) -> list[list[Op]]:
    """Operations of one borrower, those close together in one list."""
    visits: list[list[Op]] = []
    for op in sorted(ops, key=lambda op: op.t_invoke_s):
        if not visits or op.t_invoke_s - visits[-1][-1].t_invoke_s >= APART_S:
            visits.append([])
        visits[-1].append(op)
    return visits


def _debt(visits: Sequence[Sequence[Op]]) -> int:
    """Of several obstacles the sum; one alone is no repetition."""
    if len(visits) < 2:
        return 0
    return sum(EXPLAINED if all(map(explained, ops)) else SILENT for ops in visits)


def _bad(user: str, visits: Sequence[Sequence[Op]]) -> Mapping[str, object]:
    worst = [next((op for op in ops if not explained(op)), ops[0]) for ops in visits]
    told = ", ".join(f"{op.f} {result(op)} at {op.t_invoke_s:.2f} s" for op in worst)
    what = f"{user} met {len(visits)} obstacles, {_debt(visits)} points of {DEBT_MAX}: {told}"
    return bad(worst[-1].t_invoke_s, what, [op.index for op in worst], user=user)


INVARIANT = Invariant(
    name="harm_is_not_repeated",
    ids=("U3",),
    claim="Nobody who comes back meets a second obstacle after a silent failure, or a third one.",
    examine=_examine,
)

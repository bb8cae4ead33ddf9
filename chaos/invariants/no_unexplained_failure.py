"""U3: a refusal says why, what to do next and when."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._front import front_windows, nobody_there
from chaos.invariants._views import cut_off, explained, result
from harness.history import History
from harness.model import Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    windows = front_windows(history, objectives)
    cut = {
        op.index
        for op in history.all_ops
        if op.t_end_s is None and cut_off(op, history, objectives)
    }
    ops = [op for op in history.all_ops if op.index not in cut]
    failed = [op for op in ops if op.outcome is not Outcome.OK]
    bare = [op for op in failed if not explained(op)]
    excused = {op.index for op in bare if nobody_there(op, windows)}
    return Findings(
        examined=len(ops),
        bad=[_bad(op) for op in bare if op.index not in excused],
        details={
            "failed": len(failed),
            "explained": len(failed) - len(bare),
            "excused": len(excused),
            "cut_off": len(cut),
        },
    )


def _bad(op: Op) -> Mapping[str, object]:
    t_s = op.last_s
    what = f"{op.f} {op.k} of {op.p} got {result(op)} at {t_s:.2f} s, without any explanation"
    return bad(t_s, what, [op.index], f=op.f, key=op.k, err=op.err)


INVARIANT = Invariant(
    name="no_unexplained_failure",
    ids=("U3",),
    claim="Every failure is explained with code, message, retryable, retry_after_s and reference; "
    "silence is excused only while a fault stands between borrower and service, or the service "
    "starts again after one.",
    examine=_examine,
    timed=True,
)

"""R3: what was acknowledged is still there at the end."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad, missing
from chaos.invariants._views import acknowledged, final_reads, never_read
from harness.history import History
from harness.model import Objectives, Op, Outcome, Phase

PROMISES = {"submit": ("application_id", "application"), "repay": ("repayment_id", "repayment")}
GONE = 404


def _examine(history: History, objectives: Objectives) -> Findings:
    found, promises, examined, reasons = [], [], 0, []
    for f, (name, read) in PROMISES.items():
        promised, finals = acknowledged(history, f, name), final_reads(history, read)
        gone = {op.k: op for op in history.ops(read, outcome=Outcome.FAIL) if _is_gone(op)}
        lost = [k for k in promised if k in gone and k not in finals]
        found += [_bad(promised[k], gone[k], read) for k in lost]
        promises += [_promise(k, promised[k]) for k in lost]
        examined += sum(1 for k in promised if k in finals or k in gone)
        reasons.append(never_read(promised, {*finals, *gone}, f"{read}s"))
    return Findings(
        examined=examined,
        bad=found,
        missing=missing(*reasons),
        details={"lost": len(found), "lost_promises": promises},
    )


def _promise(k: str, promise: Op) -> Mapping[str, object]:
    """What was lost, and what the borrower had been answered."""
    at_s = None if promise.t_end_s is None else round(promise.t_end_s, 3)
    return {"id": k, "to": promise.p, "at_s": at_s, "reply": dict(promise.value)}


def _is_gone(op: Op) -> bool:
    return op.phase == Phase.SETTLED and op.value.get("http_status") == GONE


def _bad(promise: Op, read: Op, thing: str) -> Mapping[str, object]:
    what = (
        f"{thing} {read.k}, acknowledged to {promise.p} at {promise.t_end_s or 0.0:.2f} s, is "
        f"unknown at {read.t_invoke_s:.2f} s"
    )
    return bad(read.t_invoke_s, what, [promise.index, read.index], id=read.k)


INVARIANT = Invariant(
    name="acknowledged_is_kept",
    ids=("R3",),
    claim="No application or repayment that was acknowledged is unknown at the end.",
    examine=_examine,
    of=("submit", "repay"),
)

"""U6: what was acknowledged can be looked up from then on."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import acknowledged
from harness.history import History
from harness.model import Objectives, Op, Outcome

PROMISES = {"submit": ("application_id", "application"), "repay": ("repayment_id", "repayment")}
GONE = 404


def _examine(history: History, objectives: Objectives) -> Findings:
    found, examined = [], 0
    for f, (name, read) in PROMISES.items():
        promised = acknowledged(history, f, name)
        later = [op for op in history.ops(read) if _is_later(op, promised.get(op.k))]
        examined += sum(1 for op in later if op.outcome is Outcome.OK or _is_gone(op))
        found += [_bad(promised[op.k], op, read) for op in later if _is_gone(op)]
    return Findings(examined=examined, bad=found)


def _is_later(read: Op, promise: Op | None) -> bool:
    """Whether it was asked for once the promise had been heard."""
    return promise is not None and (promise.t_end_s or 0.0) <= read.t_invoke_s


def _is_gone(op: Op) -> bool:
    return op.outcome is Outcome.FAIL and op.value.get("http_status") == GONE


def _bad(promise: Op, read: Op, thing: str) -> Mapping[str, object]:
    what = (
        f"{thing} {read.k}, acknowledged to {promise.p} at {promise.t_end_s or 0.0:.2f} s, was "
        f"said not to exist at {read.last_s:.2f} s"
    )
    return bad(read.t_invoke_s, what, [promise.index, read.index], id=read.k)


INVARIANT = Invariant(
    name="acknowledged_is_readable",
    ids=("U6", "R3"),
    claim="Nobody who asks for an application or a repayment after it was acknowledged is told "
    "that there is none.",
    examine=_examine,
    of=("submit", "repay"),
)

"""U5: whoever wants to repay can, whatever else is broken."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._front import all_lost, busy_windows, lost_windows, nobody_there
from chaos.invariants._views import cut_off, intents, own_doing, result
from harness.history import History
from harness.model import FaultWindow, Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    every = intents(history, "repay")
    open_ = {k: ops for k, ops in every.items() if not _is_accepted(ops)}
    own = {k for k, ops in open_.items() if own_doing(ops[-1], objectives)}
    cut = {k for k, ops in open_.items() if cut_off(ops[-1], history, objectives)} - own
    places, busy = lost_windows(history, objectives), busy_windows(history, objectives)
    lost = {k for k, ops in open_.items() if all_lost(ops, places) or _unheard(ops, busy)}
    lost -= own | cut
    blocked = {k: ops for k, ops in open_.items() if k not in own | cut | lost}
    return Findings(
        examined=len(every) - len(own) - len(cut) - len(lost),
        bad=[_bad(k, ops) for k, ops in blocked.items()],
        details={
            "n": len(every) - len(own) - len(cut) - len(lost),
            "blocked": len(blocked),
            "own_doing": len(own),
            "cut_off": len(cut),
            "lost": len(lost),
            "tries_max": max(map(len, every.values()), default=0),
        },
    )


def _is_accepted(ops: list[Op]) -> bool:
    return any(op.outcome is Outcome.OK for op in ops)


def _unheard(ops: list[Op], busy: list[FaultWindow]) -> bool:
    """Whether nothing came back while the machine of the run was too busy for anybody."""
    return all(nobody_there(op, busy) for op in ops)


def _bad(k: str, ops: list[Op]) -> Mapping[str, object]:
    first, last = ops[0], ops[-1]
    wanted = f"{money(first.request.get('amount_minor'))} to loan {first.request.get('loan_id')}"
    what = (
        f"repayment {k} of {wanted}, tried {len(ops)} times from {first.t_due_s:.2f} s to "
        f"{last.t_invoke_s:.2f} s, was never accepted: last {result(last)}"
    )
    return bad(first.t_due_s, what, [op.index for op in ops], key=k, err=last.err)


INVARIANT = Invariant(
    name="repayment_never_blocked",
    ids=("U5",),
    claim="Every repayment is accepted, at the latest when tried again with the same key, unless "
    "the borrower's own request is at fault, or each try was lost on purpose on its way.",
    examine=_examine,
    timed=True,
    at_end=True,
    of=("repay",),
)

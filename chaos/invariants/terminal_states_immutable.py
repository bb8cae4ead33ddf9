"""M7: an application that has ended stays ended, and none goes back on its way."""

from __future__ import annotations

from collections import defaultdict

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.lending import TERMINAL
from harness.history import History
from harness.model import Objectives, Op, Outcome

RANK = {
    "submitted": 0,
    "acknowledged": 1,
    "scoring": 2,
    "approved": 3,
    "reserving": 4,
    "reserved": 4,
    "paying": 5,
    "payment_unknown": 5,
    "paid": 6,
    "payment_failed": 6,
    "reversing": 7,
    "declined": 8,
    "reversed": 8,
    "active": 8,
    "settled": 9,
}
"""How far on its way a state is; those not listed (queued, suspended, manual) are detours.

States of one rank may alternate: a reservation is sought again, an unknown payout asked about.
"""

TOLD_NO = frozenset({"payment_failed", "reversing", "reversed", "declined"})
TOLD_YES = frozenset({"paid", "active", "settled"})


def _examine(history: History, objectives: Objectives) -> Findings:
    reads: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.ops("application", outcome=Outcome.OK):
        reads[op.k].append(op)
    again = {k: ops for k, ops in reads.items() if len(ops) > 1}
    broken = [one for k, ops in again.items() if (one := _first_broken(k, ops))]
    ended = [k for k, ops in again.items() if any(_status(op) in TERMINAL for op in ops[:-1])]
    return Findings(
        examined=len(again),
        bad=broken,
        details={"applications": len(reads), "read_again_after_the_end": len(ended)},
    )


def _first_broken(k: str, ops: list[Op]) -> dict[str, object] | None:
    """The first read that contradicts one which had ended before it was asked for.

    Args:
        ops: reads of one application, by invoke. Reads that overlap may come in any order.
    """
    done = sorted(ops, key=lambda op: op.last_s)
    furthest: Op | None = None
    ended = 0
    for later in ops:
        while ended < len(done) and (done[ended].t_end_s or 0.0) <= later.t_invoke_s:
            if furthest is None or _rank(done[ended]) > _rank(furthest):
                furthest = done[ended]
            ended += 1
        if furthest and (wrong := _wrong(_meaning(furthest), _meaning(later))):
            return _bad(k, furthest, later, wrong)
    return None


def _wrong(before: str, now: str) -> str:
    if now == before or (before, now) == ("active", "settled"):
        return ""
    if before in TERMINAL:
        return "left a terminal state"
    if (before in TOLD_NO and now in TOLD_YES) or (before in TOLD_YES and now in TOLD_NO):
        return "turned into its opposite"
    return "went back" if RANK.get(now, 99) < RANK.get(before, -1) else ""


def _bad(k: str, before: Op, now: Op, wrong: str) -> dict[str, object]:
    told, tells = _status(before), _status(now)
    what = f"application {k} {wrong}: told {told} at {before.t_end_s or 0.0:.2f} s, "
    what += f"{tells} at {now.t_end_s or 0.0:.2f} s"
    events = [before.index, now.index]
    return bad(now.last_s, what, events, application_id=k, before=told, now=tells)


def _rank(op: Op) -> int:
    return RANK.get(_meaning(op), -1)


def _meaning(op: Op) -> str:
    """The status; a payout that failed is still under way while a further word is promised."""
    under_way = _status(op) == "payment_failed" and op.value.get("next_update_by_s") is not None
    return "payment_unknown" if under_way else _status(op)


def _status(op: Op) -> str:
    return str(op.value.get("status"))


INVARIANT = Invariant(
    name="terminal_states_immutable",
    ids=("M7",),
    claim="No borrower reads an application that left a terminal state, went back on its way, or "
    "became active after a failure was told that promised no further word.",
    examine=_examine,
)

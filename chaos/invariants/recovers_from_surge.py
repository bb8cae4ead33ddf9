"""R5: who is served at a load is served at it again once a surge is over: no collapse that stays.

arrivals a second  ____####____________     overload: what fails in the surge, and is not judged
served             ----....------------     good again in time
                   ----................     collapsed: the surge has gone, the failure has not
"""

from __future__ import annotations

from statistics import median

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._good_again import completions, good_again
from chaos.invariants._silent import SURGE_TIMES, unless_it_surges
from harness.history import History
from harness.model import Objectives

SPAN_S = 2
"""Arrivals are counted over so many seconds together; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    counts = _arrivals(history)
    usual = median(counts) if counts else 0
    least = SURGE_TIMES * SPAN_S * usual
    busy = [n for n in range(len(counts) - 1) if sum(counts[n : n + SPAN_S]) > least]
    if not busy or not usual:
        return Findings(0, missing="there was no surge of arrivals")
    begun_s, over_s = float(busy[0]), float(busy[-1] + SPAN_S)
    again = good_again(history, objectives, over_s)
    limit_s = objectives.recovery_s
    reason = again.unknown(limit_s, "the surge")
    found = []
    if not reason and again.is_late(limit_s):
        after = again.done[-1].t_s - over_s
        what = f"the surge was over at {over_s:.2f} s, and at the old load of {usual:g} arrivals a"
        what += f" second service was not good again within {limit_s:g} s: {again.told()}"
        took = {"recovery_time_s": again.after_s, "after_s": after}
        found = [bad(over_s + limit_s, what, again.shown_by, **took)]
    within = [d for d in completions(history, objectives, begun_s) if d.t_s < over_s]
    return Findings(
        examined=len(again.done),
        bad=found,
        details={
            "surge_s": [begun_s, over_s],
            "usual_per_s": usual,
            "most_per_s": max(counts),
            "failed_in_surge": sum(1 for one in within if not one.ok),
            "failed_after": again.failed,
            "recovery_time_s": again.after_s,
        },
        missing=reason,
    )


def _arrivals(history: History) -> list[int]:
    """Borrowers who came in each second of the load."""
    first: dict[str, float] = {}  # who tries again is the same borrower
    for op in history.ops():
        borrower = op.p.partition(".")[0]
        first[borrower] = min(op.t_due_s, first.get(borrower, op.t_due_s))
    counts = [0] * int(history.t_load_end_s)
    for t_s in first.values():
        if 0 <= t_s < len(counts):
            counts[int(t_s)] += 1
    return counts


INVARIANT = Invariant(
    name="recovers_from_surge",
    ids=("R5",),
    claim="Once a surge of arrivals is over, submits and repays are ok in at least 95 % of each "
    "second within recovery_s, whatever else lasts, and stay so to the end of the load.",
    examine=_examine,
    timed=True,
    at_end=True,
    of=("submit", "repay"),
    silent=unless_it_surges,
)

"""C3: nobody lends for long without knowing what is suspended."""

from __future__ import annotations

from bisect import bisect_right

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._policies import limit_s, payouts
from chaos.lending import GATEWAY, POLICY
from harness.history import History
from harness.model import Objectives

UNKNOWN_S = 10.0
"""How old the last word on the policy may be; the contract's `policy` overrides it; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    longest_s = limit_s(objectives, "unknown_after_s", UNKNOWN_S)
    providers = objectives.system.playing(POLICY)
    told = [one for one in history.ledger("told") if one.p in providers]
    times = sorted(one.t_s for one in told if one.v.get("status") == "CURRENT")
    paid, found = list(payouts(history, objectives)), []
    for entry in paid:
        at = bisect_right(times, entry.t_s)
        if not at or entry.t_s - times[at - 1] > longest_s:
            last = f"last told at {times[at - 1]:.2f} s" if at else "never told"
            what = f"loan {entry.k} was paid out at {entry.t_s:.2f} s; the policy was {last}"
            found.append(bad(entry.t_s, what, [entry.i], loan_id=entry.k))
    return Findings(examined=len(paid), bad=found, details={"paid": len(paid), "told": len(times)})


INVARIANT = Invariant(
    name="lending_needs_a_policy",
    ids=("C3",),
    claim="No loan is paid out later than 10 s after the policy was last told as it is.",
    examine=_examine,
    roles=(POLICY,),
    ledgers=(POLICY, GATEWAY),
)

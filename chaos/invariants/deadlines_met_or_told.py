"""U2 and U8 for those who have a deadline: the money in time, or a word while they can still act.

submit ──────────────> decides ──── elsewhere_s ────> deadline
  "no" or "not yet", explained, by here ^     or the money by here ^
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._front import front_windows, nobody_there
from chaos.invariants._views import by_user, explained, moved, result
from chaos.lending import GATEWAY, PAID_OUT, REFUSED
from harness.experiment import Experiment
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

NOT_YET = frozenset({"queued_degraded", "suspended_by_policy", "payment_unknown", "manual"})
"""States of an application that say that it waits, and for what."""


def _examine(history: History, objectives: Objectives) -> Findings:
    deadlines: Mapping[str, Mapping[str, float]] = objectives.contract.get("deadlines", {})
    paid = moved(history, "payout", objectives)
    windows = front_windows(history, objectives)
    found, met, seen = [], 0, 0
    for user, ops in by_user(history).items():
        by = deadlines.get(user.partition("/")[0])
        submits = [op for op in ops if op.f == "submit"]
        if by is None or not submits or all(nobody_there(op, windows) for op in submits):
            continue
        due_s = submits[0].t_invoke_s + by["within_s"]
        if due_s >= history.t_load_end_s:
            continue
        seen += 1
        if _paid_s(ops, paid) <= due_s:
            met += 1
        elif not any(_told(op) for op in ops if op.last_s <= due_s - by["elsewhere_s"]):
            found.append(_bad(user, ops, due_s, by["elsewhere_s"]))
    return Findings(seen, found, {"deadlines": seen, "met": met, "told": seen - met - len(found)})


def _paid_s(ops: Sequence[Op], paid: Mapping[str, Sequence[Event]]) -> float:
    """When the first payout of one of these applications was made."""
    ids = {str(op.value.get("application_id", "")).removeprefix("app-") for op in ops} - {""}
    times = [one.t_s for id_ in ids for one in paid.get(f"loan-{id_}", ())]
    return min(times, default=float("inf"))


def _told(op: Op) -> bool:
    """Whether it says no, or not yet, and why."""
    if op.f == "submit" and op.outcome is Outcome.FAIL:
        return explained(op)
    status = op.value.get("status")
    waits = status in NOT_YET and bool(op.value.get("message"))
    return op.outcome is Outcome.OK and (waits or status in REFUSED | PAID_OUT)


def _bad(user: str, ops: Sequence[Op], due_s: float, elsewhere_s: float) -> Mapping[str, object]:
    asked = next(op for op in ops if op.f == "submit")
    heard = [op for op in ops if op.last_s <= due_s - elsewhere_s]
    last = heard[-1] if heard else asked
    what = f"{user} needed {money(asked.request.get('amount_minor'))} by {due_s:.2f} s and did not "
    what += f"get it; by {due_s - elsewhere_s:.2f} s, when it could still go elsewhere, it had "
    what += f"last heard: {last.f} {last.value.get('status') or result(last)}"
    return bad(due_s, what, [asked.index, last.index], user=user)


def _nobody_has_one(experiment: Experiment) -> str:
    deadlines = experiment.objectives.contract.get("deadlines", {})
    return "" if {*deadlines} & {*experiment.journeys} else "no journey has a deadline"


INVARIANT = Invariant(
    name="deadlines_met_or_told",
    ids=("U2", "U8"),
    claim="Whoever has a deadline has the money by then, or has been told no or not yet, and why, "
    "while there was time to go elsewhere.",
    examine=_examine,
    timed=True,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    of=("submit",),
    silent=_nobody_has_one,
)

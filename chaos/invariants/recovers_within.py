"""R3: after the last healing, service is good again in time, and stays good."""

from __future__ import annotations

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._good_again import good_again
from chaos.invariants._views import last_heal_s
from harness.history import History
from harness.model import Objectives


def _examine(history: History, objectives: Objectives) -> Findings:
    healed_s = last_heal_s(history)
    if healed_s is None:
        return Findings(0, missing="no fault was injected")
    again = good_again(history, objectives, healed_s)
    limit_s, recovery_s = objectives.recovery_s, again.after_s
    reason = again.unknown(limit_s, "healing")
    found = []
    if not reason and again.is_late(limit_s):
        what = f"service was not good again within {limit_s:g} s of the healing at"
        what += f" {healed_s:.2f} s: {again.told()}"
        found = [bad(healed_s + limit_s, what, again.shown_by, recovery_time_s=recovery_s)]
    return Findings(
        examined=len(again.done),
        bad=found,
        details={
            "t_heal_s": round(healed_s, 3),
            "recovery_time_s": recovery_s,
            "n": len(again.done),
            "failed": again.failed,
        },
        missing=reason,
    )


INVARIANT = Invariant(
    name="recovers_within",
    ids=("R3",),
    claim="After the last healing, submits and repays are ok in at least 95 % of each second "
    "within recovery_s, and stay so to the end of the load.",
    examine=_examine,
    timed=True,
    at_end=True,
    of=("submit", "repay"),
    of_faults=True,
)

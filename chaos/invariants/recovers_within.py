"""R3: after the last healing, service is good again in time, and stays good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import last_heal_s, own_doing, result
from harness.history import History
from harness.model import Objectives, Op, Outcome

WINDOW_S = 1.0
"""Length of the sliding window; chosen, not measured."""

OK_RATIO_MIN = 0.95
"""Share of ok completions that counts as good service; chosen, not measured."""

OPS_MIN = 20
"""Fewer operations after healing show nothing: one failure in 20 is 95 %."""


@dataclass(frozen=True)
class _Done:
    """A completion, or the instant at which an open operation was overdue."""

    t_s: float
    op: Op

    @property
    def ok(self) -> bool:
        return self.op.outcome is Outcome.OK


def _examine(history: History, objectives: Objectives) -> Findings:
    healed_s = last_heal_s(history)
    if healed_s is None:
        return Findings(0, missing="no fault was injected")
    done = _completions(history, objectives, healed_s)
    last_bad = _last_bad(done)
    good = [one for one in done if one.ok and (not last_bad or one.t_s > last_bad.t_s)]
    recovery_s = round(good[0].t_s - healed_s, 3) if good else None
    watched_s = history.t_load_end_s - healed_s
    reason = ""
    if len(done) < OPS_MIN:
        reason = f"only {len(done)} submits and repays after healing, need {OPS_MIN}"
    elif recovery_s is None and watched_s <= objectives.recovery_s:
        reason = f"not yet good when the load stopped, {watched_s:.2f} s after healing"
    in_time = recovery_s is not None and recovery_s <= objectives.recovery_s
    return Findings(
        examined=len(done),
        bad=[] if reason or in_time else [_bad(healed_s, recovery_s, last_bad, objectives)],
        details={
            "t_heal_s": round(healed_s, 3),
            "recovery_time_s": recovery_s,
            "n": len(done),
            "failed": sum(1 for one in done if not one.ok),
        },
        missing=reason,
    )


def _completions(history: History, objectives: Objectives, healed_s: float) -> list[_Done]:
    done = [
        _Done(op.t_invoke_s + objectives.ack_s if op.t_end_s is None else op.t_end_s, op)
        for op in history.ops("submit", "repay")
        if not own_doing(op, objectives)
    ]
    within = [one for one in done if healed_s <= one.t_s <= history.t_load_end_s]
    return sorted(within, key=lambda one: (one.t_s, one.op.index))


def _last_bad(done: list[_Done]) -> _Done | None:
    """The last failure that lies in a window with too few ok completions."""
    last_bad = failure = None
    oldest = ok = 0
    for newest, one in enumerate(done):
        ok += one.ok
        failure = failure if one.ok else one
        while done[oldest].t_s <= one.t_s - WINDOW_S:
            ok -= done[oldest].ok
            oldest += 1
        if ok < OK_RATIO_MIN * (newest - oldest + 1):
            last_bad = failure
    return last_bad


def _bad(
    healed_s: float, recovery_s: float | None, last_bad: _Done | None, objectives: Objectives
) -> Mapping[str, object]:
    what = f"service was not good again within {objectives.recovery_s:g} s of the healing at"
    what += f" {healed_s:.2f} s: " + (f"it took {recovery_s:.2f} s" if recovery_s else "never was")
    if last_bad:
        op = last_bad.op
        what += f", last failure {op.f} {op.k} with {result(op)} at {last_bad.t_s:.2f} s"
    events = [last_bad.op.index] if last_bad else []
    return bad(healed_s + objectives.recovery_s, what, events, recovery_time_s=recovery_s)


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

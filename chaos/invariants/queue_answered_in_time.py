"""R8: an application that waited too long is answered, and not done any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, missing
from chaos.invariants._reserve import application_of
from chaos.invariants._views import acknowledged
from chaos.lending import FUNDER
from harness.experiment import Experiment
from harness.history import History
from harness.model import Objectives, Op, Outcome

EXPIRY_S = 60.0
"""Age at which a queued application is answered; the contract's `queue_expiry_s` overrides it."""

SLACK_S = 5.0
"""How long the answer may take from then on; chosen, not measured."""

WAITING = "queued_degraded"


def _examine(history: History, objectives: Objectives) -> Findings:
    late_s = float(objectives.contract.get("queue_expiry_s", EXPIRY_S)) + SLACK_S
    promised = acknowledged(history, "submit", "application_id")
    over_s = {k: (op.t_end_s or 0.0) + late_s for k, op in promised.items()}
    old = {k for k, t_s in over_s.items() if t_s <= history.events[-1].t_s}
    waited = {op.k for op in history.ops("application") if op.value.get("status") == WAITING}
    found = [*_still_waiting(history, over_s), *_done_all_the_same(history, over_s, promised)]
    return Findings(
        examined=len(old & waited),
        bad=found,
        details={"old": len(old), "waited": len(waited)},
        missing=missing("" if old & waited else f"nobody waited for {late_s:g} s"),
    )


def _still_waiting(history: History, over_s: Mapping[str, float]) -> Iterator[Mapping[str, object]]:
    for op in history.ops("application", outcome=Outcome.OK):
        if op.value.get("status") == WAITING and op.t_invoke_s > over_s.get(op.k, float("inf")):
            what = f"application {op.k} still waits at {op.t_invoke_s:.2f} s"
            yield bad(op.t_invoke_s, f"{what}, due {over_s[op.k]:.2f} s", [op.index])


def _done_all_the_same(
    history: History, over_s: Mapping[str, float], promised: Mapping[str, Op]
) -> Iterator[Mapping[str, object]]:
    paid_s = {
        application_of(one): one.t_s
        for one in history.ledger("payout")
        if one.v.get("status") == "SUCCESS"
    }
    for entry in history.ledger("reserve"):
        due_s = over_s.get(entry.k, float("inf"))
        if entry.t_s > due_s and paid_s.get(entry.k, entry.t_s) > due_s:  # else the reserve paid
            t_s = promised[entry.k].t_end_s or 0.0
            what = f"application {entry.k} of {t_s:.2f} s was funded at {entry.t_s:.2f} s"
            events = [promised[entry.k].index, entry.i]
            yield bad(entry.t_s, f"{what}: too old, due {due_s:.2f} s", events)


def _silent(experiment: Experiment) -> str:
    late_s = float(experiment.objectives.contract.get("queue_expiry_s", EXPIRY_S)) + SLACK_S
    too_short = experiment.load_s < late_s
    return f"nobody waits for {late_s:g} s in {experiment.load_s:g} s of load" if too_short else ""


INVARIANT = Invariant(
    name="queue_answered_in_time",
    ids=("R8",),
    claim="No application waits in the queue beyond its expiry, and none is funded after it.",
    examine=_examine,
    timed=True,
    roles=(FUNDER,),
    ledgers=(FUNDER,),
    at_end=True,
    of=("submit",),
    silent=_silent,
)

"""R8: a repayment that was accepted is credited, or has failed because a gateway refused it."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad, missing
from chaos.invariants._under_way import under_way
from chaos.invariants._views import (
    acknowledged,
    final_reads,
    last_heal_s,
    never_read,
)
from chaos.lending import GATEWAY
from harness.history import History
from harness.model import Objectives, Op

ENDED = ("credited", "failed")


def _examine(history: History, objectives: Objectives) -> Findings:
    promised = acknowledged(history, "repay", "repayment_id")
    refused = {e.k for e in history.ledger("debit") if e.v.get("status") == "FAILED"}
    finals = final_reads(history, "repayment")
    healed_s = last_heal_s(history) or 0.0
    waits = under_way(history, "debit", objectives)
    found, early, pending = [], 0, 0
    for k, repay in promised.items():
        if k in finals and finals[k].value.get("status") == "failed" and k not in refused:
            found.append(_nobody_refused(repay, finals[k]))
        if k not in finals or finals[k].value.get("status") in ENDED:
            continue
        due_s = max(healed_s, repay.t_end_s or 0.0) + objectives.answer_s
        if k in waits:
            pending += 1
        elif finals[k].t_invoke_s >= due_s:
            found.append(_bad(repay, finals[k], due_s))
        else:
            early += 1
    return Findings(
        examined=sum(1 for k in promised if k in finals),
        bad=found,
        details={"acknowledged": len(promised), "not_ended": len(found) + early + pending},
        missing=missing(
            never_read(promised, finals, "repayments"),
            f"{early} repayments under way were last read before they were due" if early else "",
            f"{pending} repayments wait for a gateway that has not ended them" if pending else "",
        ),
    )


def _bad(repay: Op, read: Op, due_s: float) -> Mapping[str, object]:
    what = (
        f"repayment {read.k}, accepted at {repay.t_end_s or 0.0:.2f} s, still says "
        f"{read.value.get('status')} at {read.t_invoke_s:.2f} s, due {due_s:.2f} s"
    )
    return bad(read.t_invoke_s, what, [repay.index, read.index], repayment_id=read.k)


def _nobody_refused(repay: Op, read: Op) -> Mapping[str, object]:
    what = (
        f"repayment {read.k}, accepted at {repay.t_end_s or 0.0:.2f} s, says failed at "
        f"{read.t_invoke_s:.2f} s, and no gateway refused it"
    )
    return bad(read.t_invoke_s, what, [repay.index, read.index], repayment_id=read.k)


INVARIANT = Invariant(
    name="repayments_end",
    ids=("R8", "U5"),
    claim="Every acknowledged repayment is credited, or failed because a gateway refused it, "
    "within answer_s of its acknowledgement and of the last healing.",
    examine=_examine,
    timed=True,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    at_end=True,
    of=("repay",),
)

"""U5, R1: a payout or a debit is given up only when no gateway at all did it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import final_reads
from chaos.lending import GATEWAY
from harness.history import History
from harness.model import Objectives, Op, Outcome

FAILED = "failed"


def _examine(history: History, objectives: Objectives) -> Findings:
    gateways = objectives.system.playing(GATEWAY)
    refused: defaultdict[str, set[str]] = defaultdict(set)
    for event in history.of("ledger"):
        if event.f in ("payout", "debit") and event.v.get("status") == "FAILED":
            refused[event.k].add(event.p)
    finals = {f: final_reads(history, f) for f in ("application", "repayment")}
    given_up = list(_given_up(history, finals))
    found = [
        _bad(op, k, left)
        for op, k in given_up
        if refused[k] and (left := [name for name in gateways if name not in refused[k]])
    ]
    return Findings(
        examined=sum(map(len, finals.values())),
        bad=found,
        details={"given_up": len(given_up)},
    )


def _given_up(history: History, finals: Mapping[str, Mapping[str, Op]]) -> Iterator[tuple[Op, str]]:
    """Reads of what ended without the money moving, with the business key of the money."""
    waited = {
        op.k
        for op in history.ops("application", outcome=Outcome.OK)
        if op.value.get("reason_code") in ("payment_down", "expired", "suspended_expired")
    }
    for op in finals["application"].values():
        if op.value.get("status") == "reversed" and op.k not in waited:
            yield op, str(op.value.get("loan_id"))
    for op in finals["repayment"].values():
        if op.value.get("status") == FAILED:
            yield op, op.k


def _bad(op: Op, k: str, left: list[str]) -> Mapping[str, object]:
    what = f"{op.f} {op.k} is {op.value.get('status')}, and {', '.join(left)} never refused it"
    return bad(op.t_invoke_s, what, [op.index], id=op.k, key=k)


INVARIANT = Invariant(
    name="gateways_step_in",
    ids=("U5", "R1"),
    claim="No payout and no debit that a gateway refused is given up before every gateway has "
    "refused it.",
    examine=_examine,
    timed=True,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    at_end=True,
    of=("submit", "repay"),
)

"""M1: a loan is paid out once, whatever the gateway and the request id."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad, missing, money
from chaos.invariants._ledgers import unread
from chaos.invariants._under_way import second
from chaos.invariants._views import moved
from chaos.lending import GATEWAY
from harness.history import Event, History
from harness.model import Objectives


def _examine(history: History, objectives: Objectives) -> Findings:
    payouts = moved(history, "payout", objectives)
    twice = {loan: entries for loan, entries in payouts.items() if len(entries) > 1}
    extra = sum(int(e.v.get("amount_minor", 0)) for es in twice.values() for e in es[1:])
    return Findings(
        examined=len(payouts),
        bad=[_twice(loan, entries) for loan, entries in twice.items()],
        details={
            "loans_paid": len(payouts),
            "payouts": sum(map(len, payouts.values())),
            "extra_minor": extra,
        },
        missing=missing(
            unread(history, objectives.system.playing(GATEWAY)),
            second(history, "payout", objectives),
        ),
    )


def _twice(loan: str, entries: list[Event]) -> Mapping[str, object]:
    each = [
        f"{money(e.v.get('amount_minor'))} by {e.p} (request {e.v.get('request_id')})"
        f" at {e.t_s:.2f} s"
        for e in entries
    ]
    return bad(
        entries[1].t_s,
        f"loan {loan} was paid out {len(entries)} times: {'; '.join(each)}",
        [e.i for e in entries],
        loan_id=loan,
        payouts=[
            {"gateway": e.p, "request_id": e.v.get("request_id"), "t_s": round(e.t_s, 3)}
            for e in entries
        ],
    )


INVARIANT = Invariant(
    name="no_double_payout",
    ids=("M1",),
    claim="No loan has more than one successful payout, over all gateways and request ids.",
    examine=_examine,
    roles=(GATEWAY,),
    of=("submit",),
)

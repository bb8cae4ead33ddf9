"""M2: what borrowers are told at the end agrees with the money that moved."""

from __future__ import annotations

from collections import Counter

from chaos.invariants._finding import Findings, Invariant, bad, missing, money
from chaos.invariants._under_way import denied
from chaos.invariants._views import acknowledged, amount, final_reads, moved, never_read
from chaos.lending import GATEWAY, PAID_OUT, REFUSED
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

TOLD_NO = REFUSED | {"payment_failed", "reversing"}
CLOCKS_S = 0.05  # chosen: how far the ledger's clock and the harness's may be apart


def _examine(history: History, objectives: Objectives) -> Findings:
    payouts, finals = moved(history, "payout", objectives), final_reads(history, "application")
    pairs = [(op, payouts.get(_loan(op), [])) for op in finals.values()]
    owners = Counter(_loan(op) for op in finals.values() if op.value.get("status") in PAID_OUT)
    found, in_flight = [], 0
    for op, paid in pairs:
        wrong = _wrong(op, paid, owners[_loan(op)])
        # Money that moved just before the read may still be on its way to the application.
        if wrong and _is_pending(op) and paid[0].t_s > op.t_invoke_s - objectives.ack_s:
            in_flight += 1
        elif wrong:
            found.append(_bad(op, paid, wrong))
    reads = list(history.ops("application", outcome=Outcome.OK))
    found += [
        _bad(op, paid, f"said {op.value['status']} before {_money(paid)}")
        for op in reads
        if op.value.get("status") in PAID_OUT
        and (paid := payouts.get(_loan(op), []))
        and paid[0].t_s > (op.t_end_s or 0.0) + CLOCKS_S
    ]
    seen = {_loan(op) for op in reads}
    unmatched = [entries for loan, entries in payouts.items() if loan not in seen]
    promised = acknowledged(history, "submit", "application_id")
    told_no = {_loan(op) for op in finals.values() if op.value.get("status") in TOLD_NO}
    return Findings(
        examined=sum(1 for op, paid in pairs if paid or op.value.get("status") in PAID_OUT),
        bad=found,
        details={
            "active": sum(owners.values()),
            "read": len(finals),
            "in_flight": in_flight,
            "unmatched": len(unmatched),
            "unmatched_minor": sum(amount(entry) for entries in unmatched for entry in entries),
        },
        missing=missing(
            never_read(promised, finals, "applications"),
            f"{in_flight} payouts in flight at the last read" if in_flight else "",
            denied(history, "payout", told_no, objectives),
        ),
    )


def _wrong(op: Op, paid: list[Event], owners: int) -> str:
    status, asked = str(op.value.get("status")), op.value.get("amount_minor")
    if status in PAID_OUT:
        if not paid:
            return f"says {status}, but no gateway paid {money(asked)} out for loan {_loan(op)!r}"
        if len(paid) > 1:
            return f"says {status}, but loan {_loan(op)} was paid out {len(paid)} times"
        if owners > 1:
            return f"says {status}, but shares its one payout with another active application"
        if amount(paid[0]) != asked:
            return f"says {money(asked)}, but {_money(paid)}"
        return ""
    if paid and status in TOLD_NO:
        return f"told {status}, money moved: {_money(paid)}"
    return f"still says {status}, although {_money(paid)}" if paid else ""


def _money(paid: list[Event]) -> str:
    first = paid[0]
    return f"{first.p} paid out {money(amount(first))} for loan {first.k} at {first.t_s:.2f} s"


def _bad(op: Op, paid: list[Event], wrong: str) -> dict[str, object]:
    what = f"application {op.k} {wrong} (read at {op.t_invoke_s:.2f} s)"
    ids = {"application_id": op.k, "loan_id": _loan(op), "status": op.value.get("status")}
    ids["at_end"] = _is_pending(op)
    return bad(op.t_invoke_s, what, [op.index, *(event.i for event in paid)], **ids)


def _is_pending(op: Op) -> bool:
    return op.value.get("status") not in PAID_OUT | TOLD_NO


def _loan(op: Op) -> str:
    return str(op.value.get("loan_id") or "")


INVARIANT = Invariant(
    name="active_means_paid",
    ids=("M2",),
    claim="At the end an application is active or settled exactly when the gateways hold one "
    "successful payout of its amount for its loan, and never before it has been paid.",
    examine=_examine,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    of=("submit",),
)

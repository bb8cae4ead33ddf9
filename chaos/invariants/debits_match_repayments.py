"""M3: money taken from borrowers is money credited to their loans, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, missing, money
from chaos.invariants._front import untold_amounts
from chaos.invariants._under_way import denied, second
from chaos.invariants._views import (
    acknowledged,
    amount,
    final_reads,
    moved,
    never_read,
)
from chaos.lending import GATEWAY
from harness.history import Event, History
from harness.model import Objectives, Op

ENDED = ("credited", "failed")


def _examine(history: History, objectives: Objectives) -> Findings:
    debits, finals = moved(history, "debit", objectives), final_reads(history, "repayment")
    promised = acknowledged(history, "repay", "repayment_id")
    credited = [op for op in finals.values() if op.value.get("status") == "credited"]
    in_flight = {op.k for op in finals.values() if _in_flight(op, debits.get(op.k), objectives)}
    silent = {k: taken for k, taken in debits.items() if k not in promised and k not in finals}
    failed = {op.k for op in finals.values() if op.value.get("status") == "failed"}
    found = [_twice(k, taken) for k, taken in debits.items() if len(taken) > 1]
    found += [
        _mismatch(op, taken, wrong)
        for op in finals.values()
        if op.k not in in_flight and (wrong := _wrong(op, taken := debits.get(op.k, [])))
    ]
    found += _unannounced(silent, untold_amounts(history, objectives))
    return Findings(
        examined=len(debits.keys() | {op.k for op in credited}),
        bad=found,
        details={
            "acknowledged": len(promised),
            "debited_minor": sum(amount(e) for taken in debits.values() for e in taken),
            "credited_minor": sum(int(op.value.get("amount_minor") or 0) for op in credited),
            "never_acknowledged": len(silent),
            "in_flight": len(in_flight),
        },
        missing=missing(
            never_read(promised, finals, "repayments"),
            f"{len(in_flight)} debits in flight at the last read" if in_flight else "",
            denied(history, "debit", failed, objectives),
            second(history, "debit", objectives),
        ),
    )


def _mismatch(op: Op, taken: list[Event], wrong: str) -> Mapping[str, object]:
    events, waits = [op.index, *(e.i for e in taken)], op.value.get("status") not in ENDED
    return bad(op.t_invoke_s, wrong, events, repayment_id=op.k, at_end=waits)


def _twice(k: str, taken: list[Event]) -> Mapping[str, object]:
    each = "; ".join(f"{money(amount(e))} by {e.p} at {e.t_s:.2f} s" for e in taken)
    what = f"repayment {k} was debited {len(taken)} times: {each}"
    return bad(taken[1].t_s, what, [e.i for e in taken], repayment_id=k)


def _wrong(op: Op, taken: list[Event]) -> str:
    status, promised = op.value.get("status"), op.value.get("amount_minor")
    if not taken:
        what = f"credited with {money(promised)}, but no gateway debited it"
        return f"repayment {op.k} is {what}" if status == "credited" else ""
    debited = f"repayment {op.k}: {money(amount(taken[0]))} debited by {taken[0].p}"
    if status != "credited":
        return f"{debited} at {taken[0].t_s:.2f} s, still {status} at {op.t_invoke_s:.2f} s"
    return "" if amount(taken[0]) == promised else f"{debited}, but {money(promised)} credited"


def _in_flight(op: Op, taken: list[Event] | None, objectives: Objectives) -> bool:
    """Whether the debit came just before the read, so that its news may be on its way."""
    if not taken or op.value.get("status") in ENDED:
        return False
    return taken[0].t_s > op.t_invoke_s - objectives.ack_s


def _unannounced(
    silent: Mapping[str, list[Event]], undecided: Counter[int]
) -> Iterator[Mapping[str, object]]:
    for k, (first, *_) in silent.items():
        if undecided[amount(first)] > 0:  # each repayment that was cut off excuses one debit
            undecided[amount(first)] -= 1
            continue
        what = f"{money(amount(first))} taken, never acknowledged: {first.p} debited repayment {k}"
        yield bad(first.t_s, f"{what}, {first.t_s:.2f} s", [first.i], repayment_id=k, at_end=True)


INVARIANT = Invariant(
    name="debits_match_repayments",
    ids=("M3",),
    claim="Each repayment is debited at most once, credited exactly when debited with the same "
    "amount, and no debit is one that nobody was told of.",
    examine=_examine,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    of=("repay",),
)

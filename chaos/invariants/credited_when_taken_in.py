"""M9: a repayment counts from the instant it was taken in, and never before it was debited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._views import acknowledged, intents, moved
from chaos.lending import GATEWAY
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    debits = moved(history, "debit", objectives)
    acks = acknowledged(history, "repay", "repayment_id")
    tries = intents(history, "repay")
    ahead_s = offset_s(history)
    told = [*acks.values(), *history.ops("repayment", outcome=Outcome.OK)]
    found = []
    for op in told:
        k = str(op.value.get("repayment_id") or op.k)
        wrongs = [*_early(op, debits.get(k, []))]
        if k in acks and ahead_s is not None:
            wrongs += _effective(op, tries[acks[k].k or ""], acks[k], ahead_s)
        found += [_bad(op, k, wrong) for wrong in wrongs]
    return Findings(examined=len(told), bad=found, details={"told": len(told), "repaid": len(acks)})


def _early(op: Op, taken: list[Event]) -> Iterator[str]:
    t_s = op.last_s
    if op.value.get("status") == "credited" and taken and taken[0].t_s > t_s + CLOCKS_S:
        yield f"is credited at {t_s:.2f} s and was debited at {taken[0].t_s:.2f} s"


def _effective(op: Op, attempts: list[Op], ack: Op, ahead_s: float) -> Iterator[str]:
    told = op.value.get("effective_at_s")
    if not isinstance(told, int | float):
        return
    first_s, last_s = attempts[0].t_invoke_s, ack.last_s
    if not first_s - CLOCKS_S <= told - ahead_s <= last_s + CLOCKS_S:
        yield (
            f"is effective from {told - ahead_s:.2f} s, and was taken in between {first_s:.2f} s "
            f"and {last_s:.2f} s"
        )


def _bad(op: Op, k: str, wrong: str) -> Mapping[str, object]:
    t_s = op.last_s
    return bad(t_s, f"repayment {k} {wrong}", [op.index], repayment_id=k)


INVARIANT = Invariant(
    name="credited_when_taken_in",
    ids=("M9", "M3"),
    claim="A repayment is effective from the instant it was first taken in, whenever it is read, "
    "and nobody reads it as credited before a gateway debited it.",
    examine=_examine,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    of=("repay",),
)

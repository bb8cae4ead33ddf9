"""U6: a loan is shown as it stands: pending until it is paid out, active from then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._views import moved
from chaos.lending import GATEWAY, PAID_OUT
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

PENDING = "pending"


def _examine(history: History, objectives: Objectives) -> Findings:
    payouts, ahead_s = moved(history, "payout", objectives), offset_s(history)
    told_s: dict[str, float] = {}
    for op in history.ops("application", outcome=Outcome.OK):
        if op.value.get("status") in PAID_OUT and op.value.get("loan_id"):
            told_s.setdefault(str(op.value["loan_id"]), op.last_s)
    reads = list(history.ops("read_loan", outcome=Outcome.OK))
    found = [
        _bad(op, wrong)
        for op in reads
        for wrong in (*_status(op, payouts.get(op.k, []), told_s.get(op.k)), *_time(op, ahead_s))
    ]
    return Findings(examined=len(reads), bad=found, details={"reads": len(reads)})


def _status(op: Op, paid: list[Event], told_s: float | None) -> Iterator[str]:
    status, t_s = op.value.get("status"), op.last_s
    if op.value.get("application_id") and status in PAID_OUT:
        if not paid or paid[0].t_s > t_s + CLOCKS_S:
            yield f"is called {status}, and no gateway had paid it out"
    elif status == PENDING and told_s is not None and told_s < op.t_invoke_s:
        yield f"is called {status}, and its application was called paid out at {told_s:.2f} s"


def _time(op: Op, ahead_s: float | None) -> Iterator[str]:
    told = op.value.get("as_of_s")
    if ahead_s is None or not isinstance(told, int | float) or op.value.get("source") != "live":
        return
    t_s, end_s = told - ahead_s, op.last_s
    if not op.t_invoke_s - CLOCKS_S <= t_s <= end_s + CLOCKS_S:
        yield f"is called live as of {t_s:.2f} s, and was asked for at {op.t_invoke_s:.2f} s"


def _bad(op: Op, wrong: str) -> Mapping[str, object]:
    t_s = op.last_s
    return bad(t_s, f"loan {op.k} {wrong} (read at {t_s:.2f} s)", [op.index], loan_id=op.k)


INVARIANT = Invariant(
    name="loan_shown_as_it_is",
    ids=("U6",),
    claim="A loan is shown as of the moment it was asked for, as pending until it is paid out and "
    "not after its application was called paid out.",
    examine=_examine,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
)

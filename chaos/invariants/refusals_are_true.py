"""U3, U10: the reason of a refusal is the true one, and says whether to come back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._refusal_form import fits, form
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._views import explained
from chaos.lending import PAID_OUT
from harness.history import History
from harness.model import Objectives, Op, Outcome

WRITES = ("submit", "repay")
UNCHANGED = "records_unavailable"  # it says that nothing was changed


def _examine(history: History, objectives: Objectives) -> Findings:
    refused = [op for op in history.all_ops if explained(op)]
    known, statuses = _Known(history), objectives.contract.get("refusal_statuses", {})
    found = [
        _bad(op, wrong) for op in refused for wrong in (*form(op, statuses), *known.untrue(op))
    ]
    found += [_taken(op) for op in history.ops(*WRITES, outcome=Outcome.OK) if not fits(op)]
    return Findings(examined=len(history.all_ops), bad=found, details={"refused": len(refused)})


class _Known:
    """What a history says of the things that refusals speak of."""

    def __init__(self, history: History) -> None:
        self._ahead_s = offset_s(history)
        self._tries: defaultdict[tuple[str, str], list[Op]] = defaultdict(list)
        self._repays: defaultdict[str, list[Op]] = defaultdict(list)
        for op in history.ops(*WRITES):
            self._tries[op.f, op.k].append(op)
            if op.f == "repay":
                self._repays[str(op.request.get("loan_id"))].append(op)
        self._failed_s: dict[str, float] = {}
        ids = {str(op.value.get("repayment_id")): op.k for op in history.ops("repay")}
        for op in history.ops("repayment", outcome=Outcome.OK):
            if op.value.get("status") == "failed" and op.k in ids:
                self._failed_s.setdefault(ids[op.k], op.last_s)
        self._loans: defaultdict[str, list[Op]] = defaultdict(list)
        for op in history.ops("read_loan", outcome=Outcome.OK):
            self._loans[op.k].append(op)

    def untrue(self, op: Op) -> Iterator[str]:
        """Why the reason of a refused write cannot be true; nothing of others."""
        loan_id = str(op.request.get("loan_id"))
        seen = [r for r in self._loans[loan_id] if (r.t_end_s or 0.0) < op.t_invoke_s]
        if op.f not in WRITES:
            return
        if op.err == "key_reused" and all(
            one.request == op.request for one in self._tries[op.f, op.k]
        ):
            yield "says that the key was used with another body, and it never was"
        if op.err in ("no_such_loan", "not_found") and seen:
            yield f"says that there is no loan {loan_id}, which was read before"
        if op.err == "loan_not_active" and any(r.value.get("status") in PAID_OUT for r in seen):
            yield f"says that loan {loan_id} is not active, which was read as such before"
        if op.err == "more_than_owed" and seen:
            yield from self._owed(op, loan_id, seen[-1])
        if op.err in ("bad_body", "key_missing") and fits(op):
            yield "says that it does not fit, and it does"
        if op.err == UNCHANGED and (t_s := self._taken_in_s(op)) is not None:
            yield f"says that nothing was changed, and it was taken in at {t_s:.2f} s"

    def _taken_in_s(self, op: Op) -> float | None:
        """When what was refused had been taken in, by what a later try was told."""
        told = [one.value.get("effective_at_s") for one in self._tries[op.f, op.k]]
        known = [float(one) - self._ahead_s for one in told if one and self._ahead_s is not None]
        return next((t_s for t_s in known if op.t_invoke_s < t_s < op.last_s - CLOCKS_S), None)

    def _owed(self, op: Op, loan_id: str, seen: Op) -> Iterator[str]:
        """Whether the amount fits, even if all that was sent, and has not failed, is promised."""
        others = {
            other.k: int(other.request.get("amount_minor") or 0)
            for other in self._repays[loan_id]
            if other.k != op.k
            and other.outcome is not Outcome.FAIL
            and other.t_invoke_s <= op.last_s
            and self._failed_s.get(other.k, op.t_invoke_s) >= op.t_invoke_s
        }
        least = int(seen.value.get("outstanding_minor") or 0) - sum(others.values())
        asked = int(op.request.get("amount_minor") or 0)
        if asked <= least:
            yield f"says that {money(asked)} is more than is owed, and at least {money(least)} is"


def _taken(op: Op) -> Mapping[str, object]:
    what = f"{op.f} {op.k!r} was taken in at {op.last_s:.2f} s, and does not fit: {op.request}"
    return bad(op.last_s, what, [op.index], f=op.f, key=op.k)


def _bad(op: Op, wrong: str) -> Mapping[str, object]:
    what = f"{op.f} {op.k}, refused as {op.err!r} at {op.last_s:.2f} s, {wrong}"
    return bad(op.last_s, what, [op.index], f=op.f, key=op.k, err=op.err)


INVARIANT = Invariant(
    name="refusals_are_true",
    ids=("U3", "U10"),
    claim="No refusal gives a reason that the record refutes, breaks inside of the service, refers "
    "to something else, or misleads about whether and when to come back; and no request that does "
    "not fit is taken in.",
    examine=_examine,
)

"""M4: loan, schedule and gateway agree on every cent, and nobody pays for our outage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._views import amount, final_reads, intents, moved
from chaos.lending import GATEWAY
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    loans = final_reads(history, "read_loan")
    reads = list(history.ops("read_loan", outcome=Outcome.OK))
    repaid, undecided = _repaid(history, objectives), _undecided(history)
    found = [
        _bad(op, wrong)
        for op in reads
        for wrong in (*_inside(op), *(() if op.k in undecided else _outside(op, repaid[op.k])))
    ]
    return Findings(
        examined=len(loans),
        bad=found,
        details={
            "loans": len(loans),
            "reads": len(reads),
            "undecided": len(undecided & loans.keys()),
        },
    )


def _repaid(
    history: History, objectives: Objectives
) -> defaultdict[str, list[tuple[Event, float]]]:
    """By loan: each debit, and when its repayment was first read as credited (inf for never)."""
    debits = moved(history, "debit", objectives)
    credited: dict[str, float] = {}
    loan_of: dict[str, str] = {}
    for op in history.ops("repayment", outcome=Outcome.OK):
        loan_of[op.k] = str(op.value.get("loan_id"))
        if op.value.get("status") == "credited":
            credited.setdefault(op.k, op.last_s)
    found: defaultdict[str, list[tuple[Event, float]]] = defaultdict(list)
    for k, entries in debits.items():
        for entry in entries:
            found[loan_of.get(k, "")].append((entry, credited.get(k, float("inf"))))
    return found


def _undecided(history: History) -> set[str]:
    """Loans to which something may have been repaid that nobody was told of."""
    return {
        str(attempts[0].request.get("loan_id"))
        for attempts in intents(history, "repay").values()
        if all(op.outcome is not Outcome.OK for op in attempts)
    }


def _inside(op: Op) -> Iterator[str]:
    principal, schedule = op.value.get("principal_minor"), op.value.get("schedule") or ()
    due = sum(item["amount_minor"] for item in schedule)
    paid = sum(item["paid_minor"] for item in schedule)
    if due != principal:
        yield f"has due items of {money(due)} for a principal of {money(principal)}"
    if paid != _paid(op):
        yield f"has {money(paid)} paid on its items and {money(_paid(op))} on itself"
    if op.value.get("penalties_minor"):
        yield f"has a penalty of {money(op.value['penalties_minor'])}, and nobody was late"


def _outside(op: Op, repaid: list[tuple[Event, float]]) -> Iterator[str]:
    """Between what was surely credited when it was read and all that had been debited by then."""
    least = sum(amount(entry) for entry, t_s in repaid if t_s < op.t_invoke_s)
    most = sum(amount(entry) for entry, _ in repaid if entry.t_s <= op.last_s)
    if not least <= _paid(op) <= most:
        yield f"has {money(_paid(op))} paid, and {money(most)} was debited for it"


def _paid(op: Op) -> int:
    return int(op.value.get("principal_minor") or 0) - int(op.value.get("outstanding_minor") or 0)


def _bad(op: Op, wrong: str) -> Mapping[str, object]:
    t_s = op.last_s
    return bad(t_s, f"loan {op.k} {wrong} (read at {t_s:.2f} s)", [op.index], loan_id=op.k)


INVARIANT = Invariant(
    name="loans_add_up",
    ids=("M4", "M9"),
    claim="Whenever a loan is read, its due items sum to its principal, what is paid on it is what "
    "was debited for it, and it bears no penalty.",
    examine=_examine,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
)

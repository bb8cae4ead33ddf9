"""M10: money goes to whom it was promised, comes from whom it was asked, and so much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._views import acknowledged, amount, moved
from chaos.lending import FUNDER, GATEWAY, RISK_ENGINE
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    submissions = acknowledged(history, "submit", "application_id")
    loans = _loans(history, submissions)
    owners = {k: str(op.value.get("borrower")) for k, op in _reads(history, "read_loan").items()}
    repaid = acknowledged(history, "repay", "repayment_id")
    asked = [*_payouts(history, objectives, loans), *_debits(history, objectives, repaid, owners)]
    held = [*_reserved(history, objectives, submissions)]
    held += _scored(history, objectives, submissions)
    return Findings(
        examined=len(asked) + len(held),
        bad=[_bad(entry, wrong) for entry, wrong in (*asked, *held) if wrong],
        details={"payments": len(asked), "reservations_and_scores": len(held)},
    )


def _loans(history: History, submissions: Mapping[str, Op]) -> Mapping[str, Op]:
    """Loan -> the submission that it came from."""
    reads = history.ops("application", outcome=Outcome.OK)
    named = {str(op.value["loan_id"]): op.k for op in reads if op.value.get("loan_id")}
    return {loan: submissions[k] for loan, k in named.items() if k in submissions}


def _reads(history: History, f: str) -> Mapping[str, Op]:
    return {op.k: op for op in history.ops(f, outcome=Outcome.OK)}


def _payouts(
    history: History, objectives: Objectives, loans: Mapping[str, Op]
) -> Iterator[tuple[Event, str]]:
    for loan, entries in moved(history, "payout", objectives).items():
        if loan in loans:
            request = loans[loan].request
            for entry in entries:
                yield entry, _wrong(entry, request.get("borrower"), request.get("amount_minor"))


def _debits(
    history: History, objectives: Objectives, repaid: Mapping[str, Op], owners: Mapping[str, str]
) -> Iterator[tuple[Event, str]]:
    for k, entries in moved(history, "debit", objectives).items():
        if k in repaid:
            request = repaid[k].request
            owner = owners.get(str(request.get("loan_id")))
            for entry in entries:
                yield entry, _wrong(entry, owner, request.get("amount_minor"))


def _reserved(
    history: History, objectives: Objectives, submissions: Mapping[str, Op]
) -> Iterator[tuple[Event, str]]:
    funders = objectives.system.playing(FUNDER)
    for entry in history.ledger("reserve"):
        if entry.p in funders and entry.k in submissions:
            yield entry, _wrong(entry, None, submissions[entry.k].request.get("amount_minor"))


def _scored(
    history: History, objectives: Objectives, submissions: Mapping[str, Op]
) -> Iterator[tuple[Event, str]]:
    """What the risk engine was told of each application."""
    engines = objectives.system.playing(RISK_ENGINE)
    for entry in history.ledger("score"):
        if entry.p in engines and entry.k in submissions:
            asked = submissions[entry.k].request
            told = {name: entry.v.get(name) for name in ("borrower", "segment", "region")}
            other = [name for name, value in told.items() if value not in (None, asked.get(name))]
            wrong = _wrong(entry, None, asked.get("amount_minor"))
            yield entry, f"is of another {' and '.join(other)}" if other else wrong


def _wrong(entry: Event, party: object, wanted: object) -> str:
    told = entry.v.get("party")
    if party is not None and told is not None and told != party:
        return f"has {told} as its party, and it is {party}'s"
    if wanted is not None and amount(entry) != wanted:
        return f"is {money(amount(entry))}, and {money(wanted)} was confirmed"
    return ""


def _bad(entry: Event, wrong: str) -> Mapping[str, object]:
    what = f"{entry.f} {entry.k} at {entry.p} {wrong} ({entry.t_s:.2f} s)"
    return bad(entry.t_s, what, [entry.i], key=entry.k, party=entry.v.get("party"))


INVARIANT = Invariant(
    name="paid_to_the_borrower",
    ids=("M10",),
    claim="Each payout goes to the borrower who applied, each debit comes from the borrower whose "
    "loan it is, and both, like what is reserved and scored, are of what was confirmed.",
    examine=_examine,
    roles=(GATEWAY, FUNDER),
    ledgers=(GATEWAY, FUNDER),
)

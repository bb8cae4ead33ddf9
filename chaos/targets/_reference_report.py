"""What reports of the reference service show: ids, degraded answers, money at risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.lending import PAID_OUT
from harness.history import Event, History
from harness.model import Op, Outcome
from harness.reporting import Exposure

IDENTIFIERS: Mapping[str, str] = MappingProxyType(
    {"application_id": "application", "loan_id": "loan", "repayment_id": "repayment"}
)
WAITING = frozenset({"payment_unknown", "queued_degraded", "queued", "manual"})
MODEL = "model"
LIVE = "live"
MOVED = "SUCCESS"


def degraded(op: Op) -> bool:
    """Stale, queued, undecided, or decided without the model: good, and less than usual."""
    decision = op.value.get("decision")
    by = decision.get("by", MODEL) if isinstance(decision, Mapping) else MODEL
    fresh = op.value.get("source") in (None, LIVE)
    return not (fresh and by == MODEL) or op.value.get("status") in WAITING


SUSPENDED = "suspended_by_policy"


def shown_mode(op: Op) -> tuple[str, str] | None:
    """The mode that an answer shows, and of which operation: an application tells how it was
    decided, and whether its money waits."""
    status, decision = op.value.get("status"), op.value.get("decision")
    if status == SUSPENDED:
        return "submit", "SUSPENDED"
    if status in WAITING and op.f in ("repay", "repayment"):
        return "repay", "QUEUE"
    if status in WAITING:
        return "submit" if op.value.get("reason_code") == "risk_down" else "disburse", "QUEUE"
    if op.value.get("source") not in (None, LIVE):
        return op.f, "STALE"
    by = decision.get("by", MODEL) if isinstance(decision, Mapping) else MODEL
    return None if by == MODEL else ("submit", "STANDIN")


def related(history: History) -> Iterator[tuple[str, str]]:
    """An application, its loan and its request, also where the borrower was never told of them.

    A request is that of the borrower and the amount which the risk engine was asked about, where
    there was only one such.
    """
    requests: defaultdict[tuple[str, object], set[str]] = defaultdict(set)
    for op in history.ops("submit"):
        asked = op.request
        requests[str(asked.get("borrower")), asked.get("amount_minor")].add(op.k)
    for score in history.ledger("score"):
        yield score.k, f"loan-{score.k.removeprefix('app-')}"
        asked_for = str(score.v.get("borrower")), score.v.get("amount_minor")
        if len(keys := requests[asked_for]) == 1:
            yield score.k, next(iter(keys))


def at_risk(history: History) -> Iterator[Exposure]:
    """Money that gateways moved while no borrower had been told so.

    A payout is told by the first answer or message that calls its application active, a debit by
    the acknowledgement of its repayment. What is paid once more for the same loan is told by
    nobody.
    """
    told_s, applications = _told(history)
    for f in ("payout", "debit"):
        seen: defaultdict[str, int] = defaultdict(int)
        for entry in history.ledger(f):
            if entry.v.get("status") != MOVED:
                continue
            seen[entry.k] += 1
            until_s = told_s.get(applications.get(entry.k, entry.k))
            yield _exposure(entry, until_s, seen[entry.k])


def _exposure(entry: Event, until_s: float | None, times: int) -> Exposure:
    amount = int(entry.v.get("amount_minor") or 0)
    if times > 1:
        what = f"{entry.f} {times} for {entry.k} by {entry.p}"
        return Exposure(entry.t_s, None, amount, what)
    if until_s is not None:
        until_s = max(until_s, entry.t_s)
    return Exposure(entry.t_s, until_s, amount, f"{entry.f} for {entry.k} by {entry.p}, untold")


def _told(history: History) -> tuple[dict[str, float], dict[str, str]]:
    """When each application was called active and each repayment acknowledged, the first time;
    and the application of each loan."""
    times: dict[str, float] = {}
    applications: dict[str, str] = {}
    for op in history.ops("submit", "application", "read_loan", outcome=Outcome.OK):
        said, end_s = op.value, op.t_end_s or 0.0
        application = str(said.get("application_id") or "")
        if loan := said.get("loan_id"):
            applications[str(loan)] = application
        if application and said.get("status") in PAID_OUT:
            times[application] = min(end_s, times.get(application, end_s))
    for op in history.ops("repay", outcome=Outcome.OK):
        times.setdefault(str(op.value.get("repayment_id") or ""), op.t_end_s or 0.0)
    for message in history.ledger("message"):
        if message.v.get("status") in PAID_OUT:
            times[message.k] = min(message.t_s, times.get(message.k, message.t_s))
    return times, applications

"""Which applications were approved, when, and whether the risk engine had its say before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chaos.lending import FUNDER, GATEWAY, PAID_OUT, RISK_ENGINE
from harness.history import History
from harness.model import Op, Outcome
from harness.system import System

APPROVED = PAID_OUT | {
    "approved",
    "reserving",
    "reserved",
    "paying",
    "payment_unknown",
    "payment_failed",
    "paid",
    "reversing",
    "reversed",
}


@dataclass(frozen=True)
class Approval:
    """An approval.

    Args:
        read: the last read of the application.
        t_s: when it shows first, in a read or in a ledger of those who act on it.
        scored_before: whether the risk engine had scored it by then.
        rescored: whether it was scored at all, or says that it was.
        labelled: whether any read names the stand-in as the one who decided.
    """

    read: Op
    t_s: float
    scored_before: bool
    rescored: bool
    labelled: bool

    @property
    def amount_minor(self) -> int:
        """What was applied for, minor units."""
        return int(self.read.value.get("amount_minor") or 0)

    @property
    def borrower(self) -> str:
        """Who applied."""
        return str(self.read.value.get("borrower") or "")


def approvals(history: History, system: System) -> Iterator[Approval]:
    """Every application that a borrower saw approved, or with a loan."""
    scored = _first(history, system.playing(RISK_ENGINE))
    acted = _first(history, (*system.playing(GATEWAY), *system.playing(FUNDER)))
    reads: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.ops("application", outcome=Outcome.OK):
        reads[op.k].append(op)
    for k, ops in reads.items():
        approved = [op for op in ops if _is_approved(op)]
        if not approved:
            continue
        loan = str(approved[-1].value.get("loan_id") or "")
        shown = [op.t_end_s for op in approved if op.t_end_s is not None]
        t_s = min([*shown, *(acted[one] for one in (k, loan) if one in acted)])
        decisions = [op.value.get("decision") or {} for op in ops]
        yield Approval(
            read=ops[-1],
            t_s=t_s,
            scored_before=k in scored and scored[k] <= t_s,
            rescored=k in scored or decisions[-1].get("rescored") is True,
            labelled=any(one.get("by") == "stand_in" for one in decisions),
        )


def _first(history: History, names: tuple[str, ...]) -> dict[str, float]:
    first: dict[str, float] = {}
    for event in history.of("ledger"):
        if event.p in names:
            first.setdefault(event.k, event.t_s)
    return first


def _is_approved(op: Op) -> bool:
    return bool(op.value.get("loan_id")) or op.value.get("status") in APPROVED

"""What is read at the end of a run, and when everything that was promised is settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chaos.lending import TERMINAL
from chaos.targets._reference_gauges import QUEUE
from harness.history import History
from harness.model import Op, Outcome
from harness.target import Call, Completion

WITH_PEOPLE = frozenset({"manual"})  # no machine will end these
REPAID = frozenset({"credited", "failed"})
LOAN_ONLY = frozenset({"pending"})  # a loan follows its application, which is counted itself
FINAL = TERMINAL | WITH_PEOPLE | REPAID | LOAN_ONLY
ASKS = "inquire"  # the kind of task that also asks about what people look at
FIGURES = "figures"
MODE_CHANGES = "mode_changes"
"""Last reads of the service's own figures and record of modes; no operations of borrowers."""


def final_reads(history: History, *, modes: bool = True) -> list[Call]:
    """One read of every application and repayment acknowledged, of every loan named, of the
    figures, and of the record of modes where `modes` says that there is one.

    Loans of applications that are paid out late are named only by the reads themselves: asking
    again with the longer history finds them.
    """
    keys: dict[tuple[str, str], None] = {}
    for op in history.ops():
        keys.update(dict.fromkeys(_named(op)))
    named = [Call(f, k) for f, k in sorted(keys) if k]
    own = (FIGURES, MODE_CHANGES) if modes else (FIGURES,)
    return [*named, *(Call(f, "service") for f in own)] if named else []


def _named(op: Op) -> Iterator[tuple[str, str]]:
    ok = op.outcome is Outcome.OK
    if ok and op.f == "submit":
        yield "application", str(op.value.get("application_id") or "")
    if ok and op.f == "repay":
        yield "repayment", str(op.value.get("repayment_id") or "")
    if ok and op.value.get("loan_id"):
        yield "read_loan", str(op.value["loan_id"])


def loose_ends(last_reads: Iterable[Completion]) -> int:
    """How many are not final yet; a read that failed leaves its end loose.

    The figures are final once the service has nothing to do but to ask about payments: what it
    asks about is read itself.
    """
    return sum(read.outcome is not Outcome.OK or not _is_final(read.value) for read in last_reads)


def _is_final(told: Mapping[str, Any]) -> bool:
    if "status" in told:
        return told["status"] in FINAL
    return not any(n for kind, n in told.get(QUEUE, {}).items() if kind != ASKS)

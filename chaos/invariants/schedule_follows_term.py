"""M4: what is due, when, and in which order is what was agreed, whenever it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._views import acknowledged, intents
from harness.history import History
from harness.model import Objectives, Op, Outcome

MONTH_S = 30 * 86_400.0
"""Between two due items; the contract's `month_s` overrides it."""

Items = Sequence[Mapping[str, Any]]


def _examine(history: History, objectives: Objectives) -> Findings:
    applied = acknowledged(history, "submit", "application_id")
    month_s = float(objectives.contract.get("month_s", MONTH_S))
    tries, ahead_s = intents(history, "submit"), offset_s(history)
    first: dict[str, Op] = {}
    found = []
    reads = list(history.ops("read_loan", outcome=Outcome.OK))
    for op in reads:
        items: Items = op.value.get("schedule") or ()
        before = first.setdefault(op.k, op)
        request = applied.get(str(op.value.get("application_id") or ""))
        wrongs = [*_order(op, items), *_dates(items, month_s), *_changed(before, op)]
        if request is not None:
            begun_s = tries.get(request.k, [request])[0].t_invoke_s
            wrongs += [*_agreed(op, items, request), *_begun(op, items, begun_s, ahead_s, month_s)]
        found += [_bad(op, wrong) for wrong in wrongs]
    return Findings(
        examined=len(reads), bad=found, details={"reads": len(reads), "loans": len(first)}
    )


def _order(op: Op, items: Items) -> Iterator[str]:
    for item in items:
        if not 0 <= item["paid_minor"] <= item["amount_minor"]:
            yield f"has {item['paid_minor']:,} paid of an item of {money(item['amount_minor'])}"
    for older, newer in pairwise(items):
        if newer["paid_minor"] and older["paid_minor"] != older["amount_minor"]:
            yield "has a later item paid while an older one is open"
    outstanding, status = op.value.get("outstanding_minor"), op.value.get("status")
    if outstanding is not None and (status == "settled") != (outstanding == 0):
        yield f"is {status} with {money(outstanding)} outstanding"


def _dates(items: Items, month_s: float) -> Iterator[str]:
    for older, newer in pairwise(items):
        gap_s = newer.get("due_s", month_s) - older.get("due_s", 0.0)
        if "due_s" in newer and abs(gap_s - month_s) > CLOCKS_S:
            yield f"has items due {gap_s / month_s:.2f} months apart"
            return


def _changed(before: Op, op: Op) -> Iterator[str]:
    for name in ("principal_minor", "borrower", "application_id"):
        if op.value.get(name) != before.value.get(name):
            yield f"tells {name} {op.value.get(name)!r}, and {before.value.get(name)!r} before"
    if _plan(op) != _plan(before):
        yield f"has another schedule than at {before.t_invoke_s:.2f} s"


def _plan(op: Op) -> list[tuple[object, object]]:
    return [
        (item.get("due_s"), item.get("amount_minor")) for item in op.value.get("schedule") or ()
    ]


def _agreed(op: Op, items: Items, request: Op) -> Iterator[str]:
    asked, term = request.request.get("amount_minor"), request.request.get("term_months")
    if asked is not None and op.value.get("principal_minor") != asked:
        yield f"is of {money(op.value.get('principal_minor'))}, and {money(asked)} was asked for"
    if request.request.get("borrower") not in (None, op.value.get("borrower")):
        yield f"is {op.value.get('borrower')}'s, and {request.request['borrower']} applied"
    if term is not None and asked is not None:
        part = asked // term
        parts = [part] * (term - 1) + [asked - part * (term - 1)]
        if [item["amount_minor"] for item in items] != parts:
            yield f"has {len(items)} items, not {term} equal parts of {money(asked)}"


def _begun(
    op: Op, items: Items, begun_s: float, ahead_s: float | None, month_s: float
) -> Iterator[str]:
    if ahead_s is None or not items or "due_s" not in items[0]:
        return
    made_s = items[0]["due_s"] - month_s - ahead_s
    if not begun_s - CLOCKS_S <= made_s <= op.last_s + CLOCKS_S:
        yield f"has its first item due as if made at {made_s:.2f} s, asked for at {begun_s:.2f} s"


def _bad(op: Op, wrong: str) -> Mapping[str, object]:
    t_s = op.last_s
    return bad(t_s, f"loan {op.k} {wrong} (read at {t_s:.2f} s)", [op.index], loan_id=op.k)


INVARIANT = Invariant(
    name="schedule_follows_term",
    ids=("M4",),
    claim="Whenever a loan is read, its items are equal parts of what was asked for, one a "
    "month of the term from the loan on, paid oldest first, and never another plan than before.",
    examine=_examine,
)

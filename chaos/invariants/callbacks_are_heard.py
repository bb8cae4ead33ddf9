"""U2: what gateways tell of their own accord is taken in, believed, and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import is_touched
from chaos.lending import CALLBACK, DATABASE, GATEWAY, PAID_OUT
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

TAKEN = "success"
"""What takes a callback in."""

KNOWN_S = 2.0
"""From the callback that was taken in to what a borrower reads; chosen."""

BEFORE_S = 5.0
"""Own parts that were broken so long before may still be at work on it; chosen."""

OWN = ("", DATABASE)
MONEY = {"payout": "application", "debit": "repayment"}
KNOWN = {"application": PAID_OUT, "repayment": {"credited"}}
Books = Mapping[tuple[str, str], list[Event]]


def _examine(history: History, objectives: Objectives) -> Findings:
    books = _books(history)
    heard = [
        call
        for call in history.of("calls")
        if call.f == CALLBACK
        and call.v["answer"] is not None
        and not is_touched(history, objectives, OWN, call.t_s - BEFORE_S, call.t_s)
    ]
    found: list[Mapping[str, object]] = []
    paid: dict[str, Event] = {}
    for call in heard:
        told, taken = call.v["told"], call.v["answer"] == TAKEN
        entries = books.get((call.p, str(told.get("request_id"))), [])
        true = any(_fits(told, entry) for entry in entries)
        if taken is not true:
            found.append(_bad(call, "refused" if true else "took in", true=true))
        done = any(entry.v.get("status") == "SUCCESS" == told.get("status") for entry in entries)
        if taken and true and done:
            paid.setdefault(call.k, call)
    found += _unknown(paid, history, objectives)
    return Findings(examined=len(heard), bad=found, details={"paid": len(paid)})


def _books(history: History) -> dict[tuple[str, str], list[Event]]:
    books: dict[tuple[str, str], list[Event]] = {}
    for entry in history.of("ledger"):
        if entry.f in MONEY:
            books.setdefault((entry.p, str(entry.v.get("request_id"))), []).append(entry)
    return books


def _fits(told: Mapping[str, Any], entry: Event) -> bool:
    """Whether it speaks of that payment; how far it has come is another matter."""
    return (
        told.get("gateway") == entry.p
        and told.get("kind") == entry.f
        and told.get("reference") == entry.k
        and told.get("amount_minor") == entry.v.get("amount_minor")
        and told.get("currency") == entry.v.get("currency")
    )


def _bad(call: Event, did: str, *, true: bool) -> Mapping[str, object]:
    what = f"{did} a callback of {call.p} of {call.t_s:.2f} s on {call.k}"
    what += ", which says what its books say" if true else ", which its books refute"
    return bad(call.t_s, f"the service {what}", [call.i], key=call.k, where=call.p)


def _unknown(
    paid: Mapping[str, Event], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Who reads of money as not moved although its gateway had told that it has."""
    for f, known in KNOWN.items():
        for op in history.ops(f, outcome=Outcome.OK):
            key = op.k if f == "repayment" else str(op.value.get("loan_id"))
            call = paid.get(key)
            if call is None or op.value.get("status") in known:
                continue
            late = op.t_invoke_s > call.t_s + KNOWN_S
            if late and not is_touched(history, objectives, OWN, call.t_s, op.t_invoke_s):
                yield _not_known(op, call)


def _not_known(op: Op, call: Event) -> Mapping[str, object]:
    what = f"{op.f} {op.k} reads {op.value.get('status')} at {op.last_s:.2f} s, and a callback of "
    what += f"{call.p} that was taken in at {call.t_s:.2f} s had told that it succeeded"
    return bad(op.last_s, what, [call.i, op.index], id=op.k, key=call.k)


INVARIANT = Invariant(
    name="callbacks_are_heard",
    ids=("U2",),
    claim="A callback is taken in exactly when it speaks of a payment as its gateway's books have "
    "it, and who asks 2 s after one told of success reads that the money moved.",
    examine=_examine,
    roles=(GATEWAY,),
    ledgers=(GATEWAY,),
    timed=True,
    of=("submit", "repay"),
)

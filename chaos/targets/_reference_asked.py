"""Ledger entries of money that nobody asked the reference service for.

    submit sub-7 ──> app-1c58 ──> payout of loan-1c58      named by an answer or, where none came
    repay  rep-7 ──> rep-71f7 ──> debit of rep-71f7        back, known by borrower and amount

What is left was asked for by somebody else who can reach the ports of a run. It says nothing of
the service.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.history import Event, History

LENT = ("payout", "reserve", "commit", "release")
ASKED_BY = {**dict.fromkeys((*LENT, "score"), "submit"), "debit": "repay"}
IDS = {"submit": "application_id", "repay": "repayment_id"}
WHOSE = ("party", "borrower")
ANYBODY = ""
Wish = tuple[str, str, object]  # operation, borrower, amount


def unasked(history: History) -> Iterator[Event]:
    """Entries of money about an application or repayment of which no operation knows."""
    entries = [one for one in history.of("ledger") if one.f in ASKED_BY]
    known = _named(history)
    rest = [one for one in entries if known.isdisjoint(_names(one.k))]
    if not rest:
        return
    wishes = set(_unanswered(history))
    fitting = {_name(one.k) for one in rest if _wish(one) in wishes}
    yield from (one for one in rest if one.f != "score" and _name(one.k) not in fitting)


def _name(key: str) -> str:
    """What an application and its loan have in common."""
    return key.removeprefix("app-").removeprefix("loan-")


def _names(key: str) -> tuple[str, str, str]:
    name = _name(key)
    return key, f"app-{name}", f"loan-{name}"


def _named(history: History) -> set[str]:
    """Everything that an operation asked about or was told of."""
    found = {op.k for op in history.all_ops}
    for name in IDS.values():
        found.update(str(op.value.get(name)) for op in history.all_ops)
    return found


def _unanswered(history: History) -> Iterator[Wish]:
    """What was asked for and came back without an id."""
    for op in history.ops("submit", "repay"):
        if IDS[op.f] not in op.value:
            amount = op.request.get("amount_minor")
            yield op.f, ANYBODY, amount
            yield op.f, str(op.request.get("borrower", ANYBODY)), amount


def _wish(entry: Event) -> Wish:
    """Which wish an entry would be the answer to; a debit and a reservation say not whose."""
    asked_by = ASKED_BY[entry.f]
    whose = next((entry.v[name] for name in WHOSE if name in entry.v), ANYBODY)
    whose = whose if asked_by == "submit" else ANYBODY
    return asked_by, str(whose), entry.v.get("amount_minor")

"""Money that gateways have not moved yet and still may: no evidence that it stays where it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chaos.invariants._views import entries, moved
from chaos.lending import GATEWAY
from harness.history import Event, History
from harness.model import Objectives


def under_way(history: History, f: str, objectives: Objectives) -> dict[str, list[Event]]:
    """Ledger entries of kind `f` that are open at the end, over all gateways, by business key."""
    each = entries(history, f, objectives.system.playing(GATEWAY))
    last = {k: {(e.p, e.v.get("request_id")): e for e in es}.values() for k, es in each.items()}
    waits = {k: [one for one in es if one.v.get("open")] for k, es in last.items()}
    return {k: es for k, es in waits.items() if es}


def second(history: History, f: str, objectives: Objectives) -> str:
    """Those beside another one, or beside money that has moved, as a reason; "" for none."""
    done, waits = moved(history, f, objectives), under_way(history, f, objectives)
    found = [e for k, es in waits.items() for e in (es if k in done else es[1:])]
    return _reason(f"second {f}s", found)


def denied(history: History, f: str, keys: Collection[str], objectives: Objectives) -> str:
    """Those of which the borrower was told that they will not be, as a reason; "" for none."""
    waits = under_way(history, f, objectives)
    found = [entry for k, es in waits.items() if k in keys for entry in es]
    return _reason(f"{f}s that were told to have failed", found)


def _reason(what: str, found: Iterable[Event]) -> str:
    names = [f"{event.p}, {event.k}" for event in found]
    return f"{len(names)} {what} may still be done: {names[0]}" if names else ""

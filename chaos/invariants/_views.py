"""Readings of a history that several invariants share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from chaos.invariants._finding import some
from chaos.lending import GATEWAY
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome, Phase

OWN_DOING = ("invalid", "already")
"""Starts of error codes that are the borrower's own doing, unless the contract lists others."""


def entries(history: History, f: str, names: Collection[str]) -> defaultdict[str, list[Event]]:
    """Ledger entries of kind `f` of these services, by business key."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in history.ledger(f):
        if event.p in names:
            found[event.k].append(event)
    return found


def moved(history: History, f: str, objectives: Objectives) -> dict[str, list[Event]]:
    """Ledger entries of kind `f` that moved money, over all gateways, by business key."""
    each = entries(history, f, objectives.system.playing(GATEWAY))
    paid = {k: [one for one in es if one.v.get("status") == "SUCCESS"] for k, es in each.items()}
    return {k: es for k, es in paid.items() if es}


def amount(entry: Event) -> int:
    """The amount of a ledger entry, minor units."""
    return int(entry.v.get("amount_minor") or 0)


def final_reads(history: History, f: str) -> dict[str, Op]:
    """The last ok read `f` of each key once the load has stopped."""
    reads = [op for op in history.ops(f, outcome=Outcome.OK) if op.phase == Phase.SETTLED]
    return {op.k: op for op in sorted(reads, key=lambda op: (op.t_end_s or 0.0, op.index))}


def acknowledged(history: History, f: str, name: str) -> dict[str, Op]:
    """The first ok reply of `f` that promised each id; `name` is the field of the id."""
    promised: dict[str, Op] = {}
    for op in history.ops(f, outcome=Outcome.OK):
        promised.setdefault(str(op.value.get(name) or ""), op)
    promised.pop("", None)
    return promised


def never_read(promised: Iterable[str], finals: Collection[str], thing: str) -> str:
    """Which promised ids were not read at the end, as a reason; "" when all were."""
    lost = [one for one in promised if one not in finals]
    return f"{len(lost)} acknowledged {thing} not read at the end: {some(lost)}" if lost else ""


def intents(history: History, f: str) -> dict[str, list[Op]]:
    """All attempts of each business key, by invoke; without a key each attempt stands alone."""
    attempts: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.ops(f):
        attempts[op.k or f"(no key, event {op.index})"].append(op)
    return dict(attempts)


def by_user(history: History) -> dict[str, list[Op]]:
    """All operations of each user, by invoke."""
    users: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.all_ops:
        users[op.user].append(op)
    return dict(users)


def explained(op: Op) -> bool:
    """Whether it came back with an error body that has everything a borrower needs."""
    return op.outcome is not Outcome.OK and op.value.get("explained") is True


def own_doing(op: Op, objectives: Objectives) -> bool:
    """Whether it was refused with a 4xx for a reason that is the borrower's own doing."""
    starts = tuple(objectives.contract.get("business_codes", OWN_DOING))
    status = op.value.get("http_status") or 0
    return op.outcome is Outcome.FAIL and 400 <= status < 500 and op.err.startswith(starts)


def cut_off(op: Op, history: History, objectives: Objectives) -> bool:
    """Whether the load stopped before the borrower could get an answer or try once more.

    A completed attempt leaves `ack_s`, and the wait it was asked for, for the next one; that wait
    counts up to `answer_s`, so that asking for a very long one excuses nothing.
    """
    wait_s = min(float(op.value.get("retry_after_s") or 0.0), objectives.answer_s)
    return op.last_s + wait_s + objectives.ack_s >= history.t_load_end_s


def last_heal_s(history: History) -> float | None:
    """When the last fault was healed; None when there was no fault."""
    return max((window.t_heal_s for window in history.windows), default=None)


def result(op: Op) -> str:
    """What a borrower saw, for a sentence: `ok`, an error code, `timeout`."""
    status = op.value.get("http_status")
    seen = op.err or op.outcome.value
    return f"HTTP {status} {seen}" if status and op.outcome is not Outcome.OK else seen

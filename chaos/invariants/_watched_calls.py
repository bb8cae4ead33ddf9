"""How often stand-ins were called while they were broken, by their own counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.history import Event, History
from harness.model import Objectives

CALLS_MAX = 1.2
"""Calls a request while they fail, 1 and the budget of `hardened` for retries; the contract's
`calls_a_request_max` overrides it."""

SPARE = 10
"""Retries that may have been saved up before the fault; chosen."""

UNDER_WAY_S = 2.0
"""Requests of so long before the first look are counted: they are being worked on; chosen."""

ASKED_BY = {
    "limit": "read_limit",
    "score": "submit",
    "reserve": "submit",
    "create_payout": "submit",
    "create_debit": "repay",
}


@dataclass(frozen=True)
class Watch:
    """A stand-in between two looks at it: what it was called, by its own count."""

    where: str
    t_from_s: float
    t_to_s: float
    calls: Mapping[str, int]


def ratio_of(objectives: Objectives) -> float:
    """Calls a request that are allowed."""
    return float(objectives.contract.get("calls_a_request_max", CALLS_MAX))


def watches(history: History) -> Iterator[Watch]:
    """From the first look at each fault (the one before it, if only one) to the last."""
    looks: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in history.of("nemesis"):
        at, when = (event.f, event.k), event.v.get("when")
        if when == "before":
            yield from _watch(looks.pop(at, []))
        if when in ("before", "active"):
            looks[at].append(event)
    for seen in looks.values():
        yield from _watch(seen)


def _watch(looks: list[Event]) -> Iterator[Watch]:
    if len(looks) > 1:
        first, last = looks[min(1, len(looks) - 2)], looks[-1]
        before, counts = (_calls(one.v.get("counts", {})) for one in (first, last))
        rise = {op: n - before.get(op, 0) for op, n in counts.items()}
        yield Watch(first.k, first.t_s, last.t_s, rise)


def _calls(counts: Mapping[str, int]) -> dict[str, int]:
    start = "calls."
    return {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}


def counted(seen: Sequence[Watch], history: History) -> tuple[int, int]:
    """Calls that borrowers' requests lead to, and these requests."""
    calls = [(op, n) for watch in seen for op, n in watch.calls.items() if op in ASKED_BY]
    asking, to_s = {ASKED_BY[op] for op, _ in calls}, max(watch.t_to_s for watch in seen)
    since_s = min(watch.t_from_s for watch in seen) - UNDER_WAY_S
    came = [op for op in history.ops() if op.f in asking]
    return sum(n for _, n in calls), sum(since_s <= op.t_invoke_s <= to_s for op in came)

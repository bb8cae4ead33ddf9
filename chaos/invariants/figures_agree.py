"""R12: the service's own figures count what third parties say was done."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from chaos.invariants._finding import Findings, Invariant, bad, money
from chaos.invariants._operator import samples
from chaos.invariants._reserve import replayed
from chaos.invariants._views import amount
from harness.history import Event, History
from harness.model import Objectives

CALLS, FAILED = "Calls to third parties, 1/s", "Failed calls, 1/s"
BREAKERS, CLOSED, OPEN = "Breakers", "closed", "open"
RESERVE, LEFT, FIGURES = "Reserve, minor units", "left", "figures"
ASKS_FOR_REST = frozenset({"http_error", "error_after", "intercepted", "garbled", "busy"})
"""Faults that may ask to be left alone, after which a breaker opens at once."""
LATE_S = 3.0
"""How much later than done a call may be counted: it has ended, and was asked for; chosen."""

AWAY = frozenset({"crash", "stop", "restart"})
"""Faults after which the service counts from 0 again."""


def _examine(history: History, objectives: Objectives) -> Findings:
    told = samples(history, CALLS)
    whole = not any(_begins_anew(w.fault, w.where, objectives) for w in history.windows)
    found = (
        [
            *_less(told),
            *_untold(told, history, objectives),
            *_too_early(told, history, objectives),
            *_left(history, objectives),
        ]
        if whole
        else []
    )
    return Findings(
        examined=len(told),
        bad=found,
        details={"samples": len(told), "counted_from_0_again": not whole},
        missing="" if told else "nobody asked for the figures",
    )


def _begins_anew(fault: str, where: str, objectives: Objectives) -> bool:
    return fault in AWAY and where == objectives.system.service


def _less(told: list[Event]) -> Iterator[Mapping[str, object]]:
    for before, event in pairwise(told):
        for name, n in event.v[CALLS].items():
            if n < before.v[CALLS].get(name, 0):
                what = f"calls of {name} went from {before.v[CALLS][name]:g} to {n:g}"
                yield bad(event.t_s, f"{what} at {event.t_s:.2f} s", [before.i, event.i])


def _untold(
    told: list[Event], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """Each entry of a ledger was asked for by a call, and one call asks for one thing."""
    asked: defaultdict[str, set[tuple[str, object]]] = defaultdict(set)
    entries = [e for e in history.of("ledger") if "request_id" in e.v and e.f != "message"]
    at = 0
    for event in told:
        while at < len(entries) and entries[at].t_s < event.t_s - LATE_S:
            asked[entries[at].p].add((entries[at].k, entries[at].v["request_id"]))
            at += 1
        for name, things in asked.items():
            if len(things) > event.v[CALLS].get(name, 0):
                what = f"{name} did {len(things)} things by then, and was called"
                n = event.v[CALLS].get(name, 0)
                yield bad(event.t_s, f"{what} {n:g} times as told at {event.t_s:.2f} s", [event.i])
                return


def _too_early(
    told: list[Event], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """A breaker that opens before so many calls in a row can have failed, whatever its lane."""
    need = objectives.contract.get("breaker", {}).get("failures", 1)
    rests = {w.where.partition("->")[2] or w.where for w in history.windows
             if w.fault in ASKS_FOR_REST}  # fmt: skip
    in_a_row: Counter[str] = Counter()
    for before, event in pairwise(told):
        for name, n in event.v[CALLS].items():
            failed = _grown(before, event, FAILED, name)
            good = n - before.v[CALLS].get(name, 0) > failed
            at_most = in_a_row[name] + failed
            for breaker in (one for one in event.v.get(BREAKERS, {}) if _whose(one) == name):
                was, now = (one.v.get(BREAKERS, {}).get(breaker, CLOSED) for one in (before, event))
                if (was, now) == (CLOSED, OPEN) and at_most < need and name not in rests:
                    what = f"the breaker of {breaker} is open at {event.t_s:.2f} s, and at most "
                    what += f"{at_most:g} calls in a row had failed, not {need}"
                    yield bad(event.t_s, what, [before.i, event.i])
            in_a_row[name] = int(failed if good else at_most)


def _grown(before: Event, event: Event, group: str, name: str) -> int:
    return int(event.v.get(group, {}).get(name, 0) - before.v.get(group, {}).get(name, 0))


def _whose(breaker: str) -> str:
    return breaker.partition("/")[0]


def _left(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """At the end the reserve holds what the ledgers of others leave of it."""
    size_minor = objectives.contract.get("pool", {}).get("size_minor")
    reads = [op for op in history.ops(FIGURES) if LEFT in op.value.get(RESERVE, {})]
    if not reads or size_minor is None:
        return
    left = reads[-1].value[RESERVE][LEFT]
    drawn = sum(map(amount, replayed(history, objectives).own.values()))
    if left != size_minor - drawn:
        what = f"the reserve is told to hold {money(int(left))} at the end, and by the ledgers it "
        what += f"holds {money(size_minor - drawn)}"
        yield bad(reads[-1].last_s, what, [reads[-1].index])


INVARIANT = Invariant(
    name="figures_agree",
    ids=("R12",),
    claim="The service counts at least as many calls to each third party as things that were done "
    "there for it, and no counter goes back; no breaker opens before so many calls have failed, "
    "and the reserve is told to hold what the ledgers leave of it.",
    examine=_examine,
)

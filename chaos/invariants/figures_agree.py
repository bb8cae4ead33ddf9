"""R12: the service's own figures count what third parties say was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from chaos.invariants._figures import opened_too_early, reserve_left, totals_wrong
from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import samples
from chaos.targets._reference_gauges import CALLS
from harness.history import Event, History
from harness.model import Objectives

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
            *opened_too_early(told, history, objectives),
            *reserve_left(history, objectives),
            *totals_wrong(told, history, objectives),
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


INVARIANT = Invariant(
    name="figures_agree",
    ids=("R12",),
    claim="The service counts at least as many calls to each third party as things that were done "
    "there for it, and no counter goes back; no breaker opens before so many calls have failed, "
    "the reserve is told to hold what the ledgers leave of it, the outbox the sum of its kinds.",
    examine=_examine,
)

"""The status page as it was looked at, and when its modes began.

look          FULL ──── FULL ──────── STANDIN ──── STANDIN
began                     └─ within here ─┘           └─ still then
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from chaos.invariants._finding import bad
from chaos.invariants._operator import samples, touched
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.lending import FUNDER, GATEWAY, RISK_ENGINE
from chaos.targets._reference_gauges import page_group
from harness.history import Event, History
from harness.model import Objectives

MODES, FULL, BY_PEOPLE, BY_LOAD = "Modes", "FULL", "SUSPENDED", "SHED"
OF_NO_PARTY = (BY_PEOPLE, BY_LOAD)
BREAKERS, CLOSED, OPEN = "Breakers", "closed", "open"
BLAMES = {"risk_down": RISK_ENGINE, "funding_down": FUNDER, "payment_down": GATEWAY}
"""Reason -> role of whoever is said to be the cause."""

IN_TURN = frozenset({"POOL", "QUEUE"})  # a reserve that is used up and refilled within a second
ANSWERED_S = 1.6
"""How long before it was told an answer may have been made: readiness is waited for; chosen."""

MOVED = " at each look before"
LOOKS_S = 2.5  # apart: more, and a mode may have ended and begun again; chosen
LINGERS_S = 12.0  # as of the modes themselves
SINCE, REASON, MESSAGE, NEXT = map(page_group, ("since_s", "reason", "message", "next_update_by_s"))


def times_wrong(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """Modes that began at another time than is said."""
    told = [event for event in samples(history, MODES) if SINCE in event.v]
    ahead_s = offset_s(history)
    if ahead_s is None:
        return
    moved: Counter[str] = Counter()
    for before, event in pairwise(told):
        for operation in event.v[MODES].keys() & before.v[MODES].keys():
            wrong = _since(before, event, operation, ahead_s, history, objectives)
            moved[operation] = moved[operation] + 1 if wrong.endswith(MOVED) else 0
            # Between two looks a mode may end and begin again; it does not do so at once again.
            if wrong and moved[operation] != 1:
                yield wrong_of(event, operation, wrong)


def _since(
    before: Event,
    event: Event,
    operation: str,
    ahead_s: float,
    history: History,
    objectives: Objectives,
) -> str:
    """A mode began between the two looks that differ, and not between two that agree."""
    began_s = said(event, SINCE, operation)
    mode, was = event.v[MODES][operation], before.v[MODES][operation]
    if began_s is None:
        return "does not say since when"
    began_s -= ahead_s
    anew = touched(history, objectives, "", before.t_s - LINGERS_S, event.t_s)
    if anew or event.t_s - before.t_s > LOOKS_S or (mode == was and mode in IN_TURN):
        return ""
    at = f"calls it {mode} since {began_s:.2f} s"
    if began_s > event.t_s + CLOCKS_S:
        return f"{at}, which is still to come"
    if mode == was and began_s > before.t_s + CLOCKS_S:
        return f"{at}, and had called it so{MOVED}"
    if mode != was and began_s < before.t_s - ANSWERED_S - CLOCKS_S:
        return f"{at}, and called it {was} at {before.t_s:.2f} s"
    return ""


def said(event: Event, group: str, operation: str) -> Any:
    """What a look says of an operation in a group."""
    return event.v.get(group, {}).get(operation)


def wrong_of(event: Event, operation: str, wrong: str) -> Mapping[str, object]:
    """A counterexample of one look."""
    what = f"the status page, of {operation} at {event.t_s:.2f} s, {wrong}"
    return bad(event.t_s, what, [event.i], operation=operation)

"""What the status page says of a mode: since when, why, and when the next word comes.

look          FULL ──── FULL ──────── STANDIN ──── STANDIN
began                     └─ within here ─┘           └─ still then
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from chaos.invariants._finding import bad
from chaos.invariants._operator import is_touched, samples, touched
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.lending import FUNDER, GATEWAY, RISK_ENGINE
from chaos.targets._reference_gauges import page_group
from harness.history import Event, History
from harness.model import Objectives

MODES, FULL, BY_PEOPLE = "Modes", "FULL", "SUSPENDED"
BREAKERS, CLOSED, OPEN = "Breakers", "closed", "open"
BLAMES = {"risk_down": RISK_ENGINE, "funding_down": FUNDER, "payment_down": GATEWAY}
"""Reason -> role of whoever is said to be the cause."""

IN_TURN = frozenset({"POOL", "QUEUE"})  # a reserve that is used up and refilled within a second
ANSWERED_S = 1.6
"""How long before it was told an answer may have been made: readiness is waited for; chosen."""

LOOKS_S = 2.5  # apart: more, and a mode may have ended and begun again; chosen
LINGERS_S = 12.0  # as of the modes themselves
SINCE, REASON, MESSAGE, NEXT = map(page_group, ("since_s", "reason", "message", "next_update_by_s"))


def said_wrong(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """What the page says beside its modes and is not so."""
    told = [event for event in samples(history, MODES) if REASON in event.v]
    ahead_s = offset_s(history)
    yield from _whole_again(history, objectives)
    for event in told:
        for operation, mode in event.v[MODES].items():
            for wrong in _words(event, operation, mode, history, objectives, ahead_s):
                yield _bad(event, operation, wrong)
    if ahead_s is not None:
        for before, event in pairwise(told):
            for operation in event.v[MODES].keys() & before.v[MODES].keys():
                if wrong := _since(before, event, operation, ahead_s, history, objectives):
                    yield _bad(event, operation, wrong)


def _whole_again(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """A mode that ends at once flaps with whatever flaps (R9)."""
    lingers_s = objectives.contract.get("mode_lingers_s", 0.0)
    open_s: dict[str, float] = {}
    for event in samples(history, BREAKERS):
        states = event.v[BREAKERS]
        for operation, roles in objectives.system.degradation.items():
            if event.v.get(MODES, {}).get(operation) != FULL:
                continue
            for role in roles:
                since_s = open_s.get(role, -LINGERS_S)
                if "all" in roles[role] and event.t_s - since_s < lingers_s:
                    wrong = f"calls it whole, and every breaker of {role} was open at "
                    yield _bad(event, operation, f"{wrong}{since_s:.2f} s")
        for role in BLAMES.values():
            names = objectives.system.playing(role)
            if names and all(states.get(name, CLOSED) == OPEN for name in names):
                open_s[role] = event.t_s


def _words(
    event: Event,
    operation: str,
    mode: str,
    history: History,
    objectives: Objectives,
    ahead_s: float | None,
) -> Iterator[str]:
    reason, message, next_s = (_said(event, group, operation) for group in (REASON, MESSAGE, NEXT))
    if mode == FULL:
        if next_s is not None or reason in BLAMES:
            yield f"promises another word on it ({next_s!r}), or blames {reason!r}"
        return
    if not reason or not message or message in _of_the_whole(event):
        yield f"says no word on it, or that of what is whole: {reason!r}, {message!r}"
    if next_s is None:
        yield "does not say when the next word comes"
    elif ahead_s is not None and next_s - ahead_s < event.t_s - ANSWERED_S - CLOCKS_S:
        yield f"promises the next word for {next_s - ahead_s:.2f} s, which is over"
    if mode != BY_PEOPLE:
        yield from _blames(event, operation, str(reason), history, objectives)


def _said(event: Event, group: str, operation: str) -> Any:
    return event.v.get(group, {}).get(operation)


def _of_the_whole(event: Event) -> set[Any]:
    """The words on operations that are whole."""
    modes = event.v[MODES]
    return {word for name, word in event.v.get(MESSAGE, {}).items() if modes.get(name) == FULL}


def _blames(
    event: Event, operation: str, reason: str, history: History, objectives: Objectives
) -> Iterator[str]:
    role, since_s = BLAMES.get(reason), event.t_s - LINGERS_S
    depends = objectives.system.degradation.get(operation, {})
    if role is None or (depends and role not in depends):
        yield f"blames {reason!r}, which is nothing that it needs"
    elif not is_touched(history, objectives, (role, ""), since_s, event.t_s):
        yield f"blames {reason!r}, and nothing of that kind was broken for {LINGERS_S:g} s"


def _since(
    before: Event,
    event: Event,
    operation: str,
    ahead_s: float,
    history: History,
    objectives: Objectives,
) -> str:
    """A mode began between the two looks that differ, and not between two that agree."""
    began_s = _said(event, SINCE, operation)
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
        return f"{at}, and called it so at {before.t_s:.2f} s"
    if mode != was and began_s < before.t_s - ANSWERED_S - CLOCKS_S:
        return f"{at}, and called it {was} at {before.t_s:.2f} s"
    return ""


def _bad(event: Event, operation: str, wrong: str) -> Mapping[str, object]:
    what = f"the status page, of {operation} at {event.t_s:.2f} s, {wrong}"
    return bad(event.t_s, what, [event.i], operation=operation)

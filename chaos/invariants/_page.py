"""What the status page says of a mode beside the mode: why, and when the next word comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chaos.invariants._operator import is_touched, samples
from chaos.invariants._page_times import (
    ANSWERED_S,
    BLAMES,
    BY_LOAD,
    BY_PEOPLE,
    FULL,
    LINGERS_S,
    MESSAGE,
    MODES,
    NEXT,
    REASON,
    said,
    wrong_of,
)
from chaos.invariants._service_clock import CLOCKS_S, offset_s
from chaos.invariants._waits import is_over, over
from chaos.lending import DATABASE
from harness.history import Event, History
from harness.model import Objectives


def said_wrong(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """What the page says beside its modes and is not so."""
    told = [event for event in samples(history, MODES) if REASON in event.v]
    ahead_s = offset_s(history)
    for event in told:
        for operation, mode in event.v[MODES].items():
            for wrong in _words(event, operation, mode, history, objectives, ahead_s):
                yield wrong_of(event, operation, wrong)


def _words(
    event: Event,
    operation: str,
    mode: str,
    history: History,
    objectives: Objectives,
    ahead_s: float | None,
) -> Iterator[str]:
    reason, message, next_s = (said(event, group, operation) for group in (REASON, MESSAGE, NEXT))
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
    if mode == BY_LOAD:
        yield from _unloaded(event, history, objectives)
    elif mode != BY_PEOPLE:
        yield from _blames(event, operation, str(reason), history, objectives)


def _unloaded(event: Event, history: History, objectives: Objectives) -> Iterator[str]:
    """Too much work, where none waited; while our records are away nobody knows how much does."""
    since_s = event.t_s - LINGERS_S
    if is_touched(history, objectives, (DATABASE, ""), since_s, event.t_s):
        return
    if not is_over(over(history, objectives, "least_s"), since_s, event.t_s):
        yield f"tells of too much work, and hardly any waited for {LINGERS_S:g} s"


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

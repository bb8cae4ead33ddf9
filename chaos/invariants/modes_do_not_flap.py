"""R9: a mode that is declared stays for a while: what flaps does not make the status page flap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import samples, touched
from chaos.invariants._page_times import BLAMES, BREAKERS, CLOSED, FULL, MODES, OPEN, wrong_of
from harness.history import Event, History
from harness.model import Objectives

LONG_AGO_S = float("-inf")


def _examine(history: History, objectives: Objectives) -> Findings:
    told = samples(history, MODES)
    changes = _changes(told, history, objectives)
    return Findings(
        examined=len(told),
        bad=[*_in_haste(history, objectives), *_too_many(changes, objectives)],
        details={"changes": {name: len(each) for name, each in sorted(changes.items())}},
        missing="" if told else "nobody asked for the status page",
    )


def _in_haste(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """What is called whole a moment after everybody whom it needs was held back."""
    lingers_s = objectives.contract.get("mode_lingers_s", 0.0)
    open_s: dict[str, float] = {}
    for event in samples(history, BREAKERS):
        states = event.v[BREAKERS]
        for operation, roles in objectives.system.degradation.items():
            if event.v.get(MODES, {}).get(operation) != FULL:
                continue
            for role in roles:
                since_s = open_s.get(role, LONG_AGO_S)
                if "all" in roles[role] and event.t_s - since_s < lingers_s:
                    wrong = f"calls it whole, and every breaker of {role} was open at "
                    yield wrong_of(event, operation, f"{wrong}{since_s:.2f} s")
        for role in BLAMES.values():
            names = objectives.system.playing(role)
            if names and all(states.get(name, CLOSED) == OPEN for name in names):
                open_s[role] = event.t_s


def _changes(
    told: Sequence[Event], history: History, objectives: Objectives
) -> Mapping[str, list[Event]]:
    """Operation -> the looks at which it had another mode than at the look before. A service that
    was gone in between began anew."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for before, event in pairwise(told):
        if touched(history, objectives, "", before.t_s, event.t_s):
            continue
        for operation, mode in event.v[MODES].items():
            if before.v[MODES].get(operation, mode) != mode:
                found[operation].append(event)
    return found


def _too_many(
    changes: Mapping[str, list[Event]], objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    rule = objectives.contract.get("mode_changes", {})
    most, within_s = rule.get("most", 0), rule.get("within_s", 0.0)
    for operation, each in changes.items():
        for first, last in zip(each, each[most:], strict=False) if rule else ():
            if last.t_s - first.t_s <= within_s:
                what = f"{operation} changed its mode {most + 1} times from {first.t_s:.2f} s to "
                what += f"{last.t_s:.2f} s, and at most {most} in {within_s:g} s are declared"
                yield bad(last.t_s, what, [first.i, last.i], operation=operation)
                break


INVARIANT = Invariant(
    name="modes_do_not_flap",
    ids=("R9",),
    claim="No operation is called whole within 2 s of a look at which every breaker of a role that "
    "it needs was open, and none changes its declared mode more than 6 times in 10 min.",
    examine=_examine,
    timed=True,
)

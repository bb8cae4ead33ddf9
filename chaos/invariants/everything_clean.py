"""E5: what was broken on purpose is whole again, and somebody looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from harness.history import Event, History
from harness.model import Objectives, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    active: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    tried: dict[tuple[str, str], Event] = {}
    injected = 0
    for event in history.of("nemesis"):
        at, action = (event.f, event.k), event.v.get("action")
        # From the attempt on: an injection whose result is unknown may have happened.
        if action == "inject" and event.type != Outcome.FAIL and not active[at]:
            active[at].append(event)
            injected += 1
        elif action == "heal" and active[at]:
            tried[at] = event
            if event.type == Outcome.OK and event.v.get("proven_undone") is True:
                active[at].pop(0)
    left = [(at, event) for at, events in active.items() for event in events]
    return Findings(
        examined=injected,
        bad=[_bad(event, tried.get(at)) for at, event in left],
        details={"injected": injected, "undone": injected - len(left)},
    )


def _bad(inject: Event, heal: Event | None) -> Mapping[str, Any]:
    what = f"{inject.f} at {inject.k}, injected at {inject.t_s:.2f} s,"
    if heal is None or heal.t < inject.t:
        what = f"{what} was never healed"
    else:
        what = f"{what} was healed at {heal.t_s:.2f} s, but nothing proves that it is undone"
    events = [inject.i, *([heal.i] if heal else [])]
    return bad(inject.t_s, what, events, fault=inject.f, where=inject.k)


INVARIANT = Invariant(
    name="everything_clean",
    ids=("E5",),
    claim="Every fault that was injected was healed, and its undo was proven.",
    examine=_examine,
)

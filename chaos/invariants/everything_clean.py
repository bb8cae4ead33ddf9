"""E5: what was broken on purpose is whole again, and somebody looked."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from harness.history import Event, History
from harness.model import Objectives, Outcome


def _examine(history: History, objectives: Objectives) -> Findings:
    active: dict[tuple[str, ...], Event] = {}
    tried: dict[tuple[str, ...], Event] = {}
    injected = 0
    for event in history.of("nemesis"):
        injection, action = _injection(event), event.v.get("action")
        # From the attempt on: an injection whose result is unknown may have happened.
        if action == "inject" and event.type != Outcome.FAIL and injection not in active:
            active[injection] = event
            injected += 1
        elif action == "heal" and injection in active:
            tried[injection] = event
            if event.type == Outcome.OK and event.v.get("proven_undone") is True:
                active.pop(injection)
    return Findings(
        examined=injected,
        bad=[_bad(event, tried.get(injection)) for injection, event in active.items()],
        details={"injected": injected, "undone": injected - len(active)},
    )


def _injection(event: Event) -> tuple[str, ...]:
    """Each injection by its id: two of a kind can be at one place at one time."""
    return event.f, event.k, str(event.v.get("id", ""))


def _bad(inject: Event, heal: Event | None) -> Mapping[str, object]:
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
    of_faults=True,
)

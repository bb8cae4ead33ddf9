"""R12, U7: the status page is there while the service is not, and tells it from a good day.

service   ──────────── gone ──────────────────────── back ────────────
page      current ── current ── out of date ─────────────── current ──
                  <─ within T ─>                    <─ within T ─>
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._operator import CUTS, is_touched, samples
from chaos.invariants._page_times import ANSWERED_S, FULL, MODES
from chaos.lending import STATUS_PAGE
from chaos.targets._reference_gauges import CURRENT, NOTHING, PAGE, PAGE_MODES, SILENT, STALE
from harness.history import Event, History
from harness.model import Objectives

LEAST = 3
"""Looks within T that agree, before it is said that the page differs from them; chosen."""


def _examine(history: History, objectives: Objectives) -> Findings:
    told = samples(history, PAGE)
    within_s = objectives.contract.get("page_told_within_s", 5.0)
    found = []
    for event in told:
        if not is_touched(history, objectives, (STATUS_PAGE,), event.t_s - 2 * within_s, event.t_s):
            lately = [one for one in told if event.t_s - within_s <= one.t_s <= event.t_s]
            if wrong := _wrong(event, lately, within_s, history, objectives):
                found.append(bad(event.t_s, f"at {event.t_s:.2f} s {wrong}", [event.i]))
    gone = [event for event in told if _gone(event.t_s, ANSWERED_S, history, objectives)]
    return Findings(
        examined=len(told),
        bad=found,
        details={"looks": len(told), "while_gone": len(gone)},
        missing="" if told else "nobody looked at the status page",
    )


def _wrong(
    event: Event,
    lately: Sequence[Event],
    within_s: float,
    history: History,
    objectives: Objectives,
) -> str:
    page, own = _state(event), MODES in event.v
    if page in (NOTHING, SILENT) and not own and _gone(event.t_s, ANSWERED_S, history, objectives):
        return f"nobody answers who asks how it stands ({page}), while the service is gone"
    whole = page == CURRENT and {FULL}.issuperset(event.v.get(PAGE_MODES, {}).values())
    if whole and _gone(event.t_s, within_s, history, objectives):
        return f"the page says that all is well, and the service is gone for {within_s:g} s"
    if event.t_s - lately[0].t_s < within_s - ANSWERED_S or len(lately) < LEAST:
        return ""
    if not all(MODES in one.v for one in lately):
        return ""
    if all(_state(one) == STALE for one in lately):
        return f"the page is out of date, and the service is there for {within_s:g} s"
    return _otherwise(lately) if all(_state(one) == CURRENT for one in lately) else ""


def _otherwise(lately: Sequence[Event]) -> str:
    """What the page calls an operation all the while that the service never did."""
    for operation in lately[-1].v.get(PAGE_MODES, {}):
        shown, own = (_called(lately, group, operation) for group in (PAGE_MODES, MODES))
        if shown.isdisjoint(own):
            words = " or ".join(sorted(map(str, shown)))
            return f"the page calls {operation} {words}, the service {' or '.join(sorted(own))}"
    return ""


def _called(looks: Sequence[Event], group: str, operation: str) -> set[str]:
    return {str(one.v.get(group, {}).get(operation)) for one in looks}


def _state(event: Event) -> Any:
    shown: Mapping[str, Any] = event.v[PAGE]
    return next(iter(shown.values()))


def _gone(t_s: float, for_s: float, history: History, objectives: Objectives) -> bool:
    """Whether the service has not been there at all for so long."""
    return any(
        window.where == objectives.system.service
        and window.fault in CUTS
        and window.covers(t_s - for_s, t_s)
        for window in history.windows
    )


INVARIANT = Invariant(
    name="status_page_stands_apart",
    ids=("R12", "U7"),
    claim="While the service is gone whoever looks at its status page gets an answer, which says "
    "so within 5 s; while it is there the page is not out of date for 5 s, nor says anything else "
    "than the service itself.",
    examine=_examine,
    timed=True,
    roles=(STATUS_PAGE,),
)

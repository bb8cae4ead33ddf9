"""What an operator saw: the gauges of the service under test, and which faults explain them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.history import Event, History
from harness.model import FaultWindow, Objectives
from harness.reporting import GAUGES

CUTS = frozenset({"down", "timeout", "crash", "stop", "pause"})
"""Faults that let nothing of a third party through for as long as they last."""


def samples(history: History, group: str) -> list[Event]:
    """The samples that tell this group of gauges."""
    return [e for e in history.of("service") if e.f == GAUGES and e.v.get(group)]


def touched(
    history: History,
    objectives: Objectives,
    role: str,
    t_from_s: float,
    t_to_s: float,
    but: Collection[str] = (),
) -> set[str]:
    """Those of a role at whom something was broken at any time from `t_from_s` to `t_to_s`; `but`:
    faults that do not count."""
    system = objectives.system
    return {
        system.third_party(window.where)
        for window in history.windows
        if system.role_at(window.where) == role
        and window.fault not in but
        and window.overlaps(t_from_s, t_to_s)
    }


def is_touched(
    history: History,
    objectives: Objectives,
    roles: Iterable[str],
    t_from_s: float,
    t_to_s: float,
    but: Collection[str] = (),
) -> bool:
    """Whether anything was broken meanwhile at these roles; "" is the service under test."""
    return any(touched(history, objectives, role, t_from_s, t_to_s, but) for role in roles)


def cut(
    history: History, objectives: Objectives, name: str, t_from_s: float, t_to_s: float
) -> FaultWindow | None:
    """A fault that surely let nothing of this third party through for all of that time; none where
    a standby may have taken its place."""
    system = objectives.system
    if name in system.part_of.values():
        return None
    return next(
        (
            window
            for window in history.windows
            if window.fault in CUTS
            and system.third_party(window.where) == name
            and window.covers(t_from_s, t_to_s)
            and _whole(window, history)
        ),
        None,
    )


def _whole(window: FaultWindow, history: History) -> bool:
    """Whether it is of every connection, not of a share of them."""
    told = [e.v for e in history.of("nemesis") if (e.f, e.k) == (window.fault, window.where)]
    acts = [act for one in told for act in one.get("undo", {}).get("acts", ())]
    toxics = [act[-1] for act in acts if isinstance(act[-1], Mapping)]
    return all(toxic.get("toxicity", 1.0) >= 1.0 for toxic in toxics)

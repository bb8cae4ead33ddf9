"""Faults between borrower and service: nobody is there who could answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chaos.invariants._views import cut_off, explained, intents
from harness.history import Event, History
from harness.model import FaultWindow, Objectives, Op, Outcome


def lost_windows(history: History, objectives: Objectives) -> list[FaultWindow]:
    """Faults at places where a borrower's try is lost whatever the service does.

    A contract lists them in `tries_lost_at` where all tries of one borrower may be broken on
    purpose, as a search does; a run that breaks something for a while excuses nobody.
    """
    places = objectives.contract.get("tries_lost_at", ())
    return [window for window in history.windows if window.where in places]


def all_lost(attempts: Iterable[Op], windows: list[FaultWindow]) -> bool:
    """Whether each attempt met one of these faults."""
    return all(_met(op, windows) for op in attempts)


def _met(op: Op, windows: Iterable[FaultWindow]) -> bool:
    t_end_s = float("inf") if op.t_end_s is None else op.t_end_s
    return any(window.overlaps(op.t_invoke_s, t_end_s) for window in windows)


BUSY_S = 1.0
"""So late, and the machine did not run even the load: nor, perhaps, the service; chosen."""


def front_windows(history: History, objectives: Objectives) -> list[FaultWindow]:
    """What stood between borrower and service, or was of the service itself: faults, times in which
    it was started again, and times in which the machine of the run was too busy to let borrowers
    begin.

    The contract's `front` lists other places, where there are others.
    """
    system = objectives.system
    front = objectives.contract.get("front", (system.entry, system.service))
    faults = [window for window in history.windows if window.where in front]
    return faults + _starts(faults, history, objectives) + busy_windows(history, objectives)


def _starts(
    faults: Iterable[FaultWindow], history: History, objectives: Objectives
) -> list[FaultWindow]:
    """From the undo of what had ended the service until somebody listens there again, as the looks
    at the fault show it; how long that may take the objective of recovery says."""
    looks = [one for one in history.of("nemesis") if one.v.get("when") == "after"]
    found = []
    for window in faults:
        again = [one for one in looks if (one.f, one.k) == (window.fault, window.where)]
        later = [one for one in again if one.t_s >= window.t_heal_s]
        if window.where != objectives.system.service or not later or not _nobody(later[0]):
            continue
        latest_s = window.t_heal_s + objectives.recovery_s
        back_s = next((one.t_s for one in later if not _nobody(one)), latest_s)
        start = FaultWindow("start", window.where, window.t_heal_s, min(back_s, latest_s))
        found.append(start)
    return found


def _nobody(look: Event) -> bool:
    return bool(look.v.get("canary") == "refused")


def busy_windows(history: History, objectives: Objectives) -> list[FaultWindow]:
    """From when a borrower was to begin until the machine of the run came to it."""
    return [
        FaultWindow("busy machine", objectives.system.entry, op.t_due_s, op.t_invoke_s)
        for op in history.all_ops
        if op.t_invoke_s - op.t_due_s > BUSY_S
    ]


def nobody_there(op: Op, windows: Iterable[FaultWindow]) -> bool:
    """Whether nothing came back while one of these faults was there."""
    if op.value.get("http_status"):
        return False
    return _met(op, windows)


def gave_up(attempts: Iterable[Op], windows: list[FaultWindow]) -> bool:
    """Whether nothing was ever silent but what stood between borrower and service."""
    return all(explained(op) or nobody_there(op, windows) for op in attempts)


def untold_amounts(history: History, objectives: Objectives) -> Counter[int]:
    """Amounts of borrowers cut off by the end of the load, or by a fault at the front for good."""
    front = front_windows(history, objectives)
    return Counter(
        int(attempts[-1].request.get("amount_minor") or 0)
        for attempts in intents(history, "repay").values()
        if all(op.outcome is not Outcome.OK for op in attempts)
        and (cut_off(attempts[-1], history, objectives) or gave_up(attempts, front))
    )

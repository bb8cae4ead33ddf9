"""Faults between borrower and service: nobody is there who could answer."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.invariants._views import explained
from harness.history import History
from harness.model import FaultWindow, Objectives, Op

FRONT = ("borrower->lending", "lending")
"""Where a fault leaves nobody who could answer, unless the contract's `front` lists others."""


def front_windows(history: History, objectives: Objectives) -> list[FaultWindow]:
    """The faults that stood between borrower and service, or were of the service itself."""
    front = objectives.contract.get("front", FRONT)
    return [window for window in history.windows if window.where in front]


def nobody_there(op: Op, windows: Iterable[FaultWindow]) -> bool:
    """Whether nothing came back while one of these faults was there."""
    if op.value.get("http_status"):
        return False
    t_end_s = float("inf") if op.t_end_s is None else op.t_end_s
    return any(window.overlaps(op.t_invoke_s, t_end_s) for window in windows)


def gave_up(attempts: Iterable[Op], windows: list[FaultWindow]) -> bool:
    """Whether nothing was ever silent but what stood between borrower and service."""
    return all(explained(op) or nobody_there(op, windows) for op in attempts)

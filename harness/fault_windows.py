"""Fault windows, from the nemesis events of a history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from harness.json_types import JsonDict
from harness.model import FaultWindow, Outcome

INJECTED, HEALED = ("inject", Outcome.OK.value), ("heal", Outcome.OK.value)


class Mark(Protocol):
    """An event of the nemesis; see `harness.history.Event`."""

    @property
    def f(self) -> str:
        """The fault."""

    @property
    def k(self) -> str:
        """Where."""

    @property
    def type(self) -> str:
        """invoke, ok, fail, info."""

    @property
    def v(self) -> JsonDict:
        """`action` and more."""

    @property
    def t_s(self) -> float:
        """When."""


def injection_of(mark: Mark) -> tuple[str, str, str]:
    """Which injection an event belongs to: two of a kind can be at one place at one time."""
    return mark.f, mark.k, str(mark.v.get("id", ""))


def fault_windows(marks: Iterable[Mark], t_last_s: float) -> Iterator[FaultWindow]:
    """Windows as they end; one that was never healed ends at `t_last_s`."""
    open_: dict[tuple[str, str, str], dict[tuple[str, str], Mark]] = {}
    for mark in marks:
        if mark.v.get("action") not in ("inject", "heal"):
            continue
        injection = injection_of(mark)
        seen = open_.setdefault(injection, {})
        seen[step := (mark.v["action"], mark.type)] = mark
        if step == HEALED and INJECTED in seen:
            yield _window(open_.pop(injection), mark.t_s)
    for seen in open_.values():
        if INJECTED in seen:
            yield _window(seen, t_last_s)


def _window(seen: Mapping[tuple[str, str], Mark], t_heal_s: float) -> FaultWindow:
    """One window. Its harm may come before anybody knows that it was done."""
    done = seen[INJECTED]
    begun, lifting = seen.get(("inject", "invoke"), done), seen.get(("heal", "invoke"))
    t_lift_s = lifting.t_s if lifting else None
    return FaultWindow(done.f, done.k, begun.t_s, t_heal_s, done.t_s, t_lift_s)

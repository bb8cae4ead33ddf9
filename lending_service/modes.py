"""The declared mode of each operation, from what the breakers say, with hysteresis.

A mode begins with the first open breaker that it needs and ends once those breakers have been
closed for `mode_exit_s`: a dependency that flaps does not make the status page flap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from lending_service.ports import Clock
from lending_service.suspensions import Cell, Rules

Mode = Literal["FULL", "STALE", "STANDIN", "POOL", "QUEUE", "SHED", "SUSPENDED"]
NEXT_UPDATE_S = 5.0  # a promise of the status page; chosen, not measured
WORDS: dict[str, tuple[str, str]] = {
    "FULL": ("none", "Works."),
    "STALE": ("risk_down", "The limit shown may be old; its age is given."),
    "POOL": ("funding_down", "No funder answers; a reserve pays for loans up to a limit."),
    "SHED": ("overload", "New applications are refused for now, so that those taken in are done."),
    "SUSPENDED": ("policy", ""),  # its words depend on what is suspended
    "STANDIN": ("risk_down", "Known customers are decided within caps; others are queued."),
}
QUEUE_TEXT = "Accepted and kept in order; done as soon as the other side answers again."

UNKNOWN_TEXT = "New loans wait while the rules for them cannot be read; all else works."


def _suspended_text(cells: Sequence[Cell]) -> str:
    """What is suspended, for a reader; "" for nothing. Who funds a loan is nobody's concern."""
    named = [_words(one) for one in cells if one.partner is None]
    whom = " and for ".join(named)
    return f"New loans are suspended by a rule for {whom}; all else works." if named else ""


def _words(cell: Cell) -> str:
    segment = f"segment {cell.segment}" if cell.segment else "everybody"
    return segment + (f" in region {cell.region}" if cell.region else "")


class ModeEvent(msgspec.Struct, frozen=True):
    """One change of what is declared of an operation: the mode, or the reason of it."""

    at_s: float
    operation: str
    mode: Mode
    reason: str


def _nobody(event: ModeEvent) -> None:
    """Nobody listens yet."""


class Modes:
    """Keeps the declared modes.

    Args:
        exit_s: seconds without trouble after which a mode ends.
    """

    def __init__(
        self,
        clock: Clock,
        exit_s: float,
        risk: str,
        gateways: Sequence[str],
        funders: Sequence[str],
    ) -> None:
        self._clock = clock
        self._exit_s = exit_s
        self._risk = (risk,)
        self._gateways = tuple(gateways)
        self._funders = tuple(funders)
        self._down: dict[str, bool] = {}
        self._suspended = ""
        self._unfunded: Mode = "QUEUE"
        self._shed_s = float("-inf")
        self._closed_s: dict[str, float] = {}
        self._now: dict[str, tuple[Mode, str, float]] = {
            operation: ("FULL", WORDS["FULL"][0], clock.now_s())
            for operation in ("submit", "repay", "read_loan", "read_limit", "disburse")
        }
        self.changed: Callable[[ModeEvent], None] = _nobody
        """Called at each change."""

    def breaker_changed(self, dependency: str, old: str, new: str) -> None:
        """Take in a breaker's change."""
        self._refresh()
        self._down[dependency] = new != "closed"
        if new == "closed":
            self._closed_s[dependency] = self._clock.now_s()
        self._refresh()

    def policy_changed(self, rules: Rules | None) -> None:
        """Take in what is suspended; None while nobody knows."""
        self._suspended = UNKNOWN_TEXT if rules is None else _suspended_text(rules.suspended)
        self._refresh()

    def pool_changed(self, pays: bool) -> None:
        """Take in whether the reserve can pay while nobody else does."""
        self._unfunded = "POOL" if pays else "QUEUE"
        self._refresh()

    def refused(self) -> None:
        """Take in that an application was refused because too much waits."""
        self._shed_s = self._clock.now_s()
        self._refresh()

    def now(self) -> Mapping[str, tuple[Mode, str, float]]:
        """Mode and reason of each operation, and since when it is in that mode."""
        return self._now

    def status(self) -> dict[str, dict[str, object]]:
        """The status page's `operations`."""
        self._refresh()
        return {operation: self._entry(operation) for operation in self._now}

    def _entry(self, operation: str) -> dict[str, object]:
        mode, reason, since_s = self._now[operation]
        message = WORDS[mode][1] if mode in WORDS else QUEUE_TEXT
        if mode == "SUSPENDED":
            message = self._suspended
        full = mode == "FULL"
        return {
            "mode": mode,
            "since_s": since_s,
            "reason": reason,
            "message": message,
            "next_update_by_s": None if full else self._clock.now_s() + NEXT_UPDATE_S,
        }

    def _refresh(self) -> None:
        risk_down = self._all_down(self._risk)
        paying: Mode = "QUEUE" if self._all_down(self._gateways) else "FULL"
        submit: Mode = "STANDIN" if risk_down else "FULL"
        funded = not self._all_down(self._funders)
        if not funded:
            submit = self._unfunded
        if self._clock.now_s() < self._shed_s + self._exit_s:
            submit = "SHED"
        if self._suspended:
            submit = "SUSPENDED"
        self._declare("submit", submit)
        self._declare("repay", paying)
        self._declare("read_limit", "STALE" if risk_down else "FULL")
        self._declare("disburse", paying if funded or paying == "QUEUE" else self._unfunded)

    def _declare(self, operation: str, mode: Mode) -> None:
        old, old_reason, since_s = self._now[operation]
        reason = WORDS[mode][0] if mode in WORDS else self._queued(operation)
        if (mode, reason) == (old, old_reason):
            return
        now_s = self._clock.now_s()
        self._now[operation] = (mode, reason, since_s if mode == old else now_s)
        self.changed(ModeEvent(now_s, operation, mode, reason))

    def _queued(self, operation: str) -> str:
        """Why an operation waits: what is paid out waits for funders as well as for gateways."""
        funders = operation == "submit" or (
            operation == "disburse" and self._all_down(self._funders)
        )
        return "funding_down" if funders else "payment_down"

    def _all_down(self, dependencies: Sequence[str]) -> bool:
        return all(self._troubled(name) for name in dependencies)

    def _troubled(self, dependency: str) -> bool:
        if self._down.get(dependency, False):
            return True
        closed_s = self._closed_s.get(dependency)
        return closed_s is not None and self._clock.now_s() < closed_s + self._exit_s

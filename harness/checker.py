"""Checkers: pure functions of a history. Worst wins, a crash is unknown, nothing examined is never
valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec.structs import replace

from harness.history import History
from harness.json_types import JsonObject
from harness.metered import excused
from harness.model import Objectives, Validity, Verdict


class Checker(Protocol):
    """One invariant: one module of chaos.invariants."""

    @property
    def name(self) -> str:
        """Its file's name."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The invariants of the catalogue that it stands for."""

    @property
    def claim(self) -> str:
        """One falsifiable sentence."""

    def check(self, history: History, objectives: Objectives) -> Verdict:
        """Judge the history."""


def judge(
    checker: Checker,
    *,
    examined: int,
    bad: Iterable[JsonObject],
    details: Mapping[str, object] | None = None,
    missing: str = "",
) -> Verdict:
    """The verdict of a checker from what it counted.

    Args:
        examined: how many things were looked at; 0 gives unknown.
        bad: counterexamples, each with `t_s`, `what` and `events`; any gives invalid.
        missing: evidence that was not there; gives unknown unless something bad was found.
    """
    found = sorted(bad, key=lambda one: float(one.get("t_s", 0.0)))
    numbers = {**(details or {}), "bad": len(found)}
    validity, why = Validity.VALID, ""
    if found:
        validity = Validity.INVALID
    elif missing or examined == 0:
        validity, why = Validity.UNKNOWN, missing or "no such operation happened"
    return Verdict(
        checker=checker.name,
        validity=validity,
        claim=checker.claim,
        examined=examined,
        first_bad=found[0] if found else None,
        details=numbers,
        ids=checker.ids,
        why=why,
    )


def check_safe(checker: Checker, history: History, objectives: Objectives) -> Verdict:
    """Run a checker; one that crashes says unknown, with its error as the reason."""
    try:
        verdict = checker.check(history, objectives)
    except Exception as error:
        return Verdict(
            checker=checker.name,
            validity=Validity.UNKNOWN,
            claim=checker.claim,
            examined=0,
            ids=checker.ids,
            why=f"the checker crashed: {type(error).__name__}: {error}",
        )
    if verdict.validity is Validity.VALID and verdict.examined == 0:
        return replace(verdict, validity=Validity.UNKNOWN, why="nothing was examined")
    return verdict


def check_all(
    checkers: Iterable[Checker], history: History, objectives: Objectives
) -> tuple[Verdict, ...]:
    """Every checker's verdict, in the order given; a promise of time (`timed`) is held to what the
    machine let the service do."""
    return tuple(_held(checker, check_safe(checker, history, objectives), history)
                 for checker in checkers)  # fmt: skip


def _held(checker: Checker, verdict: Verdict, history: History) -> Verdict:
    return excused(verdict, history) if getattr(checker, "timed", False) else verdict

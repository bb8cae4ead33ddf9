"""The numbers that designs are compared by, each read from the result document of a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from harness.json_types import JsonObject
from harness.model import Phase


@dataclass(frozen=True)
class Measure:
    """One number of a run; less of it is better.

    Args:
        key: in JSON, with its unit.
        unit: `s`, `minor` or "".
        read: the value; None where the run says nothing of it, infinite for what never ended.
    """

    key: str
    title: str
    unit: str
    read: Callable[[JsonObject], float | None]


def users(run: JsonObject) -> tuple[int, int]:
    """Borrowers that were turned away (refused for no mistake of theirs, or without an answer), of
    all: what availability is counted by."""
    seen = run["figures"].get("users", {})
    return seen.get("turned_away", 0), seen.get("seen", 0)


def _p99_s(run: JsonObject) -> float | None:
    """Of the slowest operation while faults are there, or under load alone."""
    phases = (str(Phase.FAULT), str(Phase.LOAD))
    rows = [row for row in run["figures"].get("latency", ()) if row["phase"] in phases]
    return max((row["p99_s"] for row in rows if row["p99_s"] is not None), default=None)


def _recovery_s(run: JsonObject) -> float | None:
    recovery = run["figures"].get("recovery")
    if not recovery:
        return None
    took_s: float | None = recovery["recovery_time_s"]
    return math.inf if took_s is None else took_s


def _risk(key: str) -> Callable[[JsonObject], float | None]:
    return lambda run: run["figures"].get("risk", {}).get(key)


def _calls(run: JsonObject) -> float | None:
    counted = run["figures"].get("calls")
    return float(sum(counted.values())) if counted else None


MEASURES = (
    Measure("p99_s", "p99 of the slowest operation under fault", "s", _p99_s),
    Measure("recovery_s", "recovery after the fault", "s", _recovery_s),
    Measure("degraded_s", "time with degraded answers", "s", lambda r: r["figures"]["degraded_s"]),
    Measure("risk_peak_minor", "money at risk, at most", "minor", _risk("peak_minor")),
    Measure("risk_oldest_s", "money at risk, longest", "s", _risk("oldest_s")),
    Measure("calls", "calls to third parties", "", _calls),
)
AVAILABILITY = Measure("availability", "borrowers served", "share", lambda run: None)

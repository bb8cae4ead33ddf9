"""What became of operations, as those who asked saw it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from enum import StrEnum
from weakref import WeakKeyDictionary

from harness.history import History
from harness.measures import served
from harness.model import Op, Outcome, Phase
from harness.reporting import degraded_by
from harness.target import Target


class Class(StrEnum):
    """From best to worst."""

    SERVED = "served"
    DEGRADED = "degraded"  # ok, and less than on a good day: stale, queued, by a fallback
    REFUSED = "refused"  # and explained; also the borrower's own mistake
    UNEXPLAINED = "unexplained"  # an error without reasons, or no answer at all


Classed = Sequence[tuple[Op, Class]]
_KNOWN: WeakKeyDictionary[History, tuple[Target, Classed]] = WeakKeyDictionary()
"""Histories whose operations have been classed: numbers and page need them both."""


def classes(history: History, target: Target) -> Classed:
    """Every operation of the load with its class; last reads of the harness are not load."""
    if (known := _KNOWN.get(history)) is not None and known[0] is target:
        return known[1]
    is_degraded = degraded_by(target)
    classed = [(op, _class(op, is_degraded)) for op in history.all_ops if op.phase != Phase.SETTLED]
    _KNOWN[history] = (target, classed)
    return classed


def _class(op: Op, is_degraded: Callable[[Op], bool]) -> Class:
    if op.outcome is Outcome.OK:
        return Class.DEGRADED if is_degraded(op) else Class.SERVED
    explained = op.value.get("explained") is True or served(op)
    return Class.REFUSED if explained else Class.UNEXPLAINED


def outcomes(classed: Classed) -> dict[str, dict[str, int]]:
    """Phase -> class -> operations, phases as they came; `all` is their sum."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for op, its in classed:
        counts[op.phase][its.value] += 1
    counts["all"] = sum(counts.values(), Counter())
    return {phase: {one.value: count[one] for one in Class} for phase, count in counts.items()}


def users(classed: Classed) -> dict[str, int]:
    """How many users there were, how many of them were refused although it was no mistake of
    theirs, how many got no explanation, and how many had either of it."""
    seen: set[str] = set()
    refused: set[str] = set()
    unexplained: set[str] = set()
    for op, its in classed:
        seen.add(op.user)
        if its is Class.REFUSED and not served(op):
            refused.add(op.user)
        elif its is Class.UNEXPLAINED:
            unexplained.add(op.user)
    counts = {"seen": len(seen), "refused": len(refused), "unexplained": len(unexplained)}
    return {**counts, "turned_away": len(refused | unexplained)}


def degraded_s(classed: Classed) -> int:
    """Seconds in which somebody was answered worse than on a good day, or not at all."""
    worse = (op for op, its in classed if its is Class.DEGRADED or not served(op))
    return len({int(op.last_s) for op in worse})

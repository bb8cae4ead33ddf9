"""Money at risk over time: the sum, and how long the oldest of it has been so."""

from __future__ import annotations

from collections.abc import Sequence

from harness.figures.slices import slices, width_for
from harness.history import History
from harness.json_types import JsonDict
from harness.reporting import Exposure, exposures
from harness.target import Target

LAST = 20  # rows of what is still at risk at the end; chosen


def risk(history: History, target: Target) -> JsonDict:
    """What the target says was at risk; {} where it says nothing of it.

    Returns:
        `{peak_minor, peak_t_s, oldest_s, end_minor, end_count, end, width_s, sum_minor,
        oldest_for_s}`: the last two a slice of `width_s`, each the most in it; `end` the largest
        of what is at risk for ever.
    """
    found = exposures(target, history)
    if found is None or not history.events:
        return {}
    ordered = sorted(found, key=lambda one: one.t_from_s)
    length_s = max(history.events[-1].t_s, 1.0)
    width_s = width_for(length_s)
    n = slices(length_s, width_s)
    sums = _sums(ordered, n, width_s)
    oldest = _ages(ordered, n, width_s, length_s)
    left = sorted((e for e in ordered if e.t_to_s is None), key=lambda e: -e.amount_minor)
    peak = max(sums)
    return {
        "peak_minor": peak,
        "peak_t_s": round(sums.index(peak) * width_s, 3),
        "oldest_s": max(oldest),
        "end_minor": sum(one.amount_minor for one in left),
        "end_count": len(left),
        "end": [
            {"t_s": round(e.t_from_s, 3), "amount_minor": e.amount_minor, "what": e.what}
            for e in left[:LAST]
        ],
        "width_s": width_s,
        "sum_minor": sums,
        "oldest_for_s": oldest,
    }


def _sums(found: Sequence[Exposure], n: int, width_s: float) -> list[int]:
    """The highest sum in each slice."""
    edges = [(one.t_from_s, one.amount_minor) for one in found]
    edges += [(one.t_to_s, -one.amount_minor) for one in found if one.t_to_s is not None]
    sums, total, last = [0] * n, 0, 0
    for t_s, amount in sorted(edges):
        at = _slice(t_s, n, width_s)
        sums[last + 1 : at + 1] = [total] * (at - last)  # what went on when they began
        total += amount
        sums[at] = max(sums[at], total)
        last = at
    sums[last + 1 :] = [total] * (n - last - 1)
    return sums


def _ages(found: Sequence[Exposure], n: int, width_s: float, length_s: float) -> list[float]:
    """The greatest age in each slice: of one that ends in it, or that goes on after it.

    Args:
        found: by their beginning, so that the first to cover the end of a slice is the oldest.
    """
    ages, covered = [0.0] * n, 0
    for one in found:
        first = _slice(one.t_from_s, n, width_s)
        last = n if one.t_to_s is None else _slice(one.t_to_s, n, width_s)
        for at in range(max(covered, first), last):
            ages[at] = max(ages[at], min((at + 1) * width_s, length_s) - one.t_from_s)
        covered = max(covered, last)
        if one.t_to_s is not None:
            ages[last] = max(ages[last], one.t_to_s - one.t_from_s)
    return [round(age, 3) for age in ages]


def _slice(t_s: float, n: int, width_s: float) -> int:
    return min(n - 1, max(0, int(t_s / width_s)))

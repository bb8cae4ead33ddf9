"""Equivalent modes of a call: learned on small plans, pruned in larger ones.

    at one call, after the same faults:   refused ──> the same future ┐
                                     error_before ──> the same future ┴ alike

Two modes of a kind of call (what is asked for, and what is asked next) are alike when they were
tried side by side at least LEAST times, and led each time to the same future, up to the last read
and the last ledger entry, and broke the same. "No fault" counts as a mode: what was like it had no
effect. What two such modes leave behind in a service's memory could show only by one more fault:
so only the largest plans are spared; those from which is learned are run in every mode. One
comparison that differs is enough to try both again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from harness.explore.plans import CallPoint, Seen

NO_FAULT = ""
LEAST = 3  # chosen: comparisons before two modes are taken for one
Kind = tuple[str, ...]


class Alike:
    """What was learned of modes."""

    def __init__(self) -> None:
        self._same: Counter[tuple[Kind, str, str]] = Counter()
        self._other: set[tuple[Kind, str, str]] = set()

    def learn(self, kind: Kind, came: dict[str, object]) -> None:
        """Take in what came of the modes that were tried at one call after the same faults.

        Args:
            came: mode -> what came of it, as `outcome` tells; without those of which nothing is
                known.
        """
        for one, other in combinations(sorted(came), 2):
            pair = (kind, one, other)
            if came[one] == came[other]:
                self._same[pair] += 1
            else:
                self._other.add(pair)

    def spares(self, kind: Kind, mode: str, tried: Iterable[str]) -> bool:
        """Whether a mode is like one of those that are tried, or like no fault."""
        return any(self._are(kind, mode, other) for other in (NO_FAULT, *tried))

    def _are(self, kind: Kind, mode: str, other: str) -> bool:
        pair = (kind, min(mode, other), max(mode, other))
        return pair not in self._other and self._same[pair] >= LEAST


def kind_of(calls: tuple[CallPoint, ...], at: int) -> Kind:
    """What is asked for by call `at`, and by the one after it: one write is not like another."""
    near = calls[at : at + 2]
    return tuple(word for one in near for word in (one.point.rpartition("#")[0], one.operation))


def outcome(seen: Seen, later: tuple[CallPoint, ...]) -> object:
    """What came of a plan: what was still to come after its last fault, and what it broke.

    Returns:
        something to be compared; None when the world does not tell its future.
    """
    future = later[0].future if later else seen.signature
    return (future, tuple(one.invariant for one in seen.broken)) if future else None

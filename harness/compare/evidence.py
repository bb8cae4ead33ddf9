"""How strong the evidence is that two designs differ in a number, and what it would still take.

    counts   borrowers turned away of all      e-value of two shares
    pairs    one run each, same experiment     e-value of the sign of the difference
             and seed

Both are anytime-valid: who adds seeds and looks again is not led astray. The limit is 20 for each
comparison that is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.stats import e_value, sign_e_value

EVIDENCE = 20.0  # 1 / 0.05
MORE_MAX = 100  # times as many runs; chosen: what takes more does not matter to anybody

Counts = tuple[int, int]
"""Bad, of all."""


@dataclass(frozen=True)
class Contest:
    """Two designs in one measure.

    Args:
        better: whose number is better, with enough evidence; "" for neither.
        wins: pairs in which the first is better; of counts 0, as the next two.
        evidence: an e-value.
        runs_needed: how many of each would be enough for a difference like the one that was seen;
            None: none was seen, or more than a hundred times as many.
    """

    measure: str
    first: str
    second: str
    better: str
    wins: int
    losses: int
    ties: int
    evidence: float
    runs_needed: int | None


def of_counts(
    measure: str, names: tuple[str, str], a: Counts, b: Counts, runs: int, limit: float
) -> Contest:
    """Whose share of bad ones is smaller.

    Args:
        runs: of each, which these counts come from.
    """
    (bad_a, n_a), (bad_b, n_b) = a, b
    ahead = bad_b * n_a - bad_a * n_b

    def evidence(times: float) -> float:
        return e_value(bad_a * times, n_a * times, bad_b * times, n_b * times)

    return _contest(measure, names, (0, 0, 0), ahead, evidence, runs, limit)


def of_pairs(
    measure: str, names: tuple[str, str], pairs: Sequence[tuple[float, float]], limit: float
) -> Contest:
    """Who has the smaller value more often."""
    wins = sum(a < b for a, b in pairs)
    losses = sum(a > b for a, b in pairs)
    seen = (wins, losses, len(pairs) - wins - losses)

    def evidence(times: float) -> float:
        return sign_e_value(wins * times, losses * times)

    return _contest(measure, names, seen, wins - losses, evidence, len(pairs), limit)


def _contest(
    measure: str,
    names: tuple[str, str],
    seen: tuple[int, int, int],
    ahead: int,
    evidence: Callable[[float], float],
    runs: int,
    limit: float,
) -> Contest:
    strength = evidence(1.0)
    decided = bool(ahead) and strength >= limit
    better = names[0 if ahead > 0 else 1] if decided else ""
    needed = _needed(evidence, runs, limit) if ahead and not decided else None
    return Contest(measure, *names, better, *seen, round(min(strength, 1e12), 4), needed)


def _needed(evidence: Callable[[float], float], runs: int, limit: float) -> int | None:
    """The least number of runs with which the same difference would be enough."""
    low, high = runs, runs * MORE_MAX
    if runs == 0 or evidence(MORE_MAX) < limit:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if evidence(middle / runs) >= limit else (middle, high)
    return high


def front(names: Sequence[str], contests: Sequence[Contest]) -> list[str]:
    """The designs that no other one beats: better in something, worse in nothing."""
    return [name for name in names if not any(_beats(one, name, contests) for one in names)]


def _beats(one: str, other: str, contests: Sequence[Contest]) -> bool:
    between = [c.better for c in contests if {c.first, c.second} == {one, other}]
    return one != other and one in between and other not in between


def limit_for(comparisons: int) -> float:
    """What an e-value has to reach where so many are looked at."""
    return EVIDENCE * max(1, comparisons)


def finite(value: float) -> float | None:
    """As JSON has it: None for infinite."""
    return value if math.isfinite(value) else None

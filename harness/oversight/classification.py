"""Which rules an incident falls under, and since when: a criterion is met at the first instant
at which its measure, as it grew, reached the limit; nothing is classified before it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.oversight.incident import Incident, Seen, until
from harness.oversight.rules import Criterion, Rule, Rules

HOUR_S = 3600.0


@dataclass(frozen=True)
class Met:
    """A criterion as the incident met it.

    Args:
        value: in the end.
        at_s: when it reached the limit, run clock; None: never.
    """

    measure: str
    at_least: float
    value: float
    at_s: float | None


@dataclass(frozen=True)
class Classified:
    """A rule, applied.

    Args:
        applies: whether enough criteria are met.
        at_s: when that was so and known; None: nobody detected anything, or it does not apply.
    """

    rule: Rule
    criteria: tuple[Met, ...]
    applies: bool
    at_s: float | None


def classified(found: Incident, rules: Rules) -> list[Classified]:
    """Every rule."""
    return [_classified(found, rule, rules.time_scale) for rule in rules.rules]


def _classified(found: Incident, rule: Rule, time_scale: float) -> Classified:
    met = tuple(_met(found, one, time_scale) for one in rule.criteria)
    times = sorted(one.at_s for one in met if one.at_s is not None)
    applies = len(times) >= rule.needed
    at_s = None
    if applies and found.detected_s is not None:
        at_s = max(times[rule.needed - 1], found.detected_s)
    return Classified(rule, met, applies, at_s)


def _met(found: Incident, one: Criterion, time_scale: float) -> Met:
    limit = one.at_least
    if one.measure == "duration_h":
        value, at_s = _duration(found, limit, time_scale)
    elif one.measure == "acknowledged_lost":
        value, at_s = float(found.lost), found.length_s if found.lost >= limit else None
    else:
        seen, scale = _series(found, one.measure)
        value = until(seen, found.length_s) / scale
        at_s = _reached(seen, limit * scale)
    return Met(one.measure, limit, round(value, 6), at_s)


def _series(found: Incident, measure: str) -> tuple[Sequence[Seen], float]:
    if measure == "users_hit_share":
        return found.users, max(1, found.seen_users)
    series = {
        "users_hit": found.users,
        "money_in_doubt_minor": found.money,
        "promises_broken": found.broken,
    }
    return series[measure], 1


def _reached(seen: Sequence[Seen], limit: float) -> float | None:
    total = 0.0
    for one in seen:
        total += one.amount
        if total >= limit:
            return one.t_s
    return None


def _duration(found: Incident, limit_h: float, time_scale: float) -> tuple[float, float | None]:
    from_s = found.first_harm_s
    if from_s is None:
        return 0.0, None
    to_s = found.length_s if found.ended_s is None else found.ended_s
    at_s = from_s + limit_h * HOUR_S / time_scale
    return (to_s - from_s) * time_scale / HOUR_S, at_s if at_s <= to_s else None

"""What a target may tell for reports; a target that tells nothing has reports without it.

degraded(op) -> bool      an ok answer that is less than on a good day: stale, queued, a guess
shown_mode(op)            which operation an answer shows in which mode, as `degradation` calls
                          them; None where it shows nothing but whether it is ok and degraded
at_risk(history)          every `Exposure`: amounts, and how long they were at risk
identifiers               fields of requests, replies and ledgers that name one thing -> what
                          it is: `{"loan_id": "loan"}`
    unasked(history)          entries of ledgers that none of its operations asked for: somebody
                              else's doing, on which no verdict rests (`harness/model.py`, System)
    related(history)          pairs of names of one thing that no answer joins
    tier_one                  ids of the invariants that tolerate nothing; a target that names none
                              means all of its own
    gauges                    (request, read), or several: what to ask for every second, of the
                              service under test unless the request names another program, and
                              `read(answer) -> {group: {name: value}}`; words are states, as of a
                              breaker; numbers of a group whose name ends in `1/s` are counters
calls_group               the group of gauges that counts calls to third parties, by their names
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from harness.history import Event, History
from harness.model import Op
from harness.target import Answer, Request, Target

Groups = Mapping[str, Mapping[str, float | str]]
Gauge = tuple[Request, Callable[[Answer], Groups]]

GAUGES = "gauges"  # `f` of the events that hold them
UNSHOWN = "."  # a group whose name begins so is for invariants alone: no panel, no detector


class Exposure(msgspec.Struct, frozen=True):
    """An amount that was at risk for a while.

    Args:
        t_from_s, t_to_s: run clock; t_to_s is None where it never ended.
        amount_minor: in minor units.
        what: whose, where, for a reader.
    """

    t_from_s: float
    t_to_s: float | None
    amount_minor: int
    what: str


def degraded_by(target: Target) -> Callable[[Op], bool]:
    """Whether an ok answer is less than on a good day."""
    found: Callable[[Op], bool] = getattr(target, "degraded", _never)
    return found


def shown_by(target: Target) -> Callable[[Op], tuple[str, str] | None]:
    """Which operation's mode an answer shows, and which mode."""
    found: Callable[[Op], tuple[str, str] | None] = getattr(target, "shown_mode", _untold)
    return found


def exposures(target: Target, history: History) -> Iterable[Exposure] | None:
    """Everything that was at risk; None where the target does not tell."""
    found: Callable[[History], Iterable[Exposure]] | None = getattr(target, "at_risk", None)
    return None if found is None else found(history)


def identifiers(target: Target) -> Mapping[str, str]:
    """Field -> what it names."""
    found: Mapping[str, str] = getattr(target, "identifiers", {})
    return found


def related(target: Target, history: History) -> Iterable[tuple[str, str]]:
    """Pairs of names of one thing that no answer joins."""
    found: Callable[[History], Iterable[tuple[str, str]]] = getattr(target, "related", _none)
    return found(history)


def gauges_of(target: Target) -> tuple[Gauge, ...]:
    """What to ask for, and how to read each answer; () where the target does not tell."""
    told: Any = getattr(target, "gauges", ())
    return (told,) if told and isinstance(told[0], Request) else tuple(told)


def shown_groups(event: Event) -> Groups:
    """The groups of gauges of an event that panels and detectors look at."""
    return {name: its for name, its in event.v.items() if not name.startswith(UNSHOWN)}


def calls_group(target: Target) -> str:
    """The group of gauges that counts calls to third parties; "" where the target has none."""
    found: str = getattr(target, "calls_group", "")
    return found


def tier_one_of(target: Target) -> Callable[[Iterable[str]], bool]:
    """Whether an invariant with these ids of the catalogue tolerates nothing."""
    known: Collection[str] | None = getattr(target, "tier_one", None)
    return lambda ids: known is None or any(one in known for one in ids)


def _none(history: History) -> Iterable[tuple[str, str]]:
    return ()


def _never(op: Op) -> bool:
    return False


def _untold(op: Op) -> None:
    return None

"""Calls that failed, and were made again too soon, too often, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from chaos.invariants._finding import bad
from chaos.invariants._kept_calls import (
    SOON_S,
    UNDER_WAY_S,
    WHOLE_S,
    Retries,
    began_s,
    has_failed,
)
from chaos.invariants._operator import is_touched
from chaos.lending import DATABASE
from harness.history import Event, History
from harness.model import Objectives

LATE_S = 0.1
"""A pause looks so much longer than it was; chosen."""


def spaced(chain: Sequence[Event], rule: Retries) -> Iterator[Mapping[str, object]]:
    """Tried again too soon, too late, or too often."""
    for n, (first, then) in enumerate(pairwise(chain), start=1):
        gap_s = began_s(then) - first.t_s
        least_s, most_s = rule.pause_s(n, -1), rule.pause_s(n, 1)
        ended = first.v["took_s"] < rule.timeout_s * 0.9
        if ended and gap_s <= UNDER_WAY_S and first.v.get("retry_after_s", 0) > WHOLE_S:
            what = f"{first.p} asked for rest in its answer for {first.k} at {first.t_s:.2f} s, "
            yield bad(first.t_s, f"{what}and was asked again", [first.i, then.i], key=first.k)
        if not (has_failed(first) and ended):
            continue
        declared = ""
        if gap_s < least_s - SOON_S:
            declared = f"{least_s:.3f} s or more"
        elif gap_s > most_s + LATE_S and not first.v.get("retry_after_s"):
            declared = f"{most_s:.3f} s or less"
        if declared:
            what = f"{first.p} failed a call for {first.k} at {first.t_s:.2f} s, the {n}. in a row,"
            what += f" and was called again {gap_s:.3f} s later, declared {declared}"
            yield bad(first.t_s, what, [first.i, then.i], key=first.k)
    if len(chain) > rule.tries_max:
        what = f"{chain[0].p} was called {len(chain)} times for one request of {chain[0].k}, "
        yield bad(chain[0].t_s, f"{what}declared {rule.tries_max}", [one.i for one in chain])


def given_up(
    chains: Sequence[Sequence[Event]],
    calls: Sequence[Event],
    history: History,
    objectives: Objectives,
    rule: Retries,
) -> Iterator[Mapping[str, object]]:
    """Failed and not tried again, while there were retries and the breaker was surely closed."""
    lost = [call for call in calls if has_failed(call)]
    for chain in chains:
        last, n = chain[-1], len(chain)
        due_s = last.t_s + rule.pause_s(n, 1) + LATE_S
        before = [one for one in lost if one.t_s <= due_s]
        if not has_failed(last) or n >= rule.tries_max or len(before) > rule.saved:
            continue
        if last.v.get("retry_after_s") or _in_a_row(calls, due_s) >= rule.failures:
            continue
        if _disturbed(last, due_s, history, objectives):
            continue
        what = f"{last.p} failed call {n} for {last.k} at {last.t_s:.2f} s, {len(before)} so far, "
        yield bad(last.t_s, f"{what}and nobody called again", [last.i], key=last.k)


def _in_a_row(calls: Sequence[Event], t_s: float) -> int:
    """The longest row of failures until then: a breaker that opened may be open still."""
    row = most = 0
    for call in sorted((one for one in calls if one.t_s <= t_s), key=lambda one: one.t_s):
        row = row + 1 if has_failed(call) else 0
        most = max(most, row)
    return most


def _disturbed(last: Event, due_s: float, history: History, objectives: Objectives) -> bool:
    """Whether calls are not all kept, or something else was broken on the way."""
    windows = [w for w in history.windows if objectives.system.third_party(w.where) == last.p]
    linked = any("->" in w.where and w.overlaps(0.0, due_s) for w in windows)
    kept = any(w.covers(last.t_s, due_s) for w in windows if "->" not in w.where)
    own = is_touched(history, objectives, ("", DATABASE), last.t_s - 1.0, due_s)
    return linked or not kept or own

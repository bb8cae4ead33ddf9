"""What the service's figures say of its breakers and of its reserve, against calls and ledgers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from chaos.invariants._finding import bad, money
from chaos.invariants._operator import samples
from chaos.invariants._reserve import replayed
from chaos.invariants._views import amount
from harness.history import Event, History
from harness.model import Objectives

CALLS, FAILED = "Calls to third parties, 1/s", "Failed calls, 1/s"
BREAKERS, CLOSED, OPEN = "Breakers", "closed", "open"
RESERVE, LEFT, FIGURES = "Reserve, minor units", "left", "figures"
ASKS_FOR_REST = frozenset({"http_error", "error_after", "intercepted", "garbled", "busy"})
"""Faults that may ask to be left alone, after which a breaker opens at once."""


def opened_too_early(
    told: list[Event], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """A breaker that opens before so many calls in a row can have failed.

    Calls are counted by third party: where one has breakers for other lanes (`name/lane`), its
    good calls say nothing of a row.
    """
    need = objectives.contract.get("breaker", {}).get("failures", 1)
    rests = {w.where.partition("->")[2] or w.where for w in history.windows
             if w.fault in ASKS_FOR_REST}  # fmt: skip
    laned = {one.partition("/")[0] for e in told for one in e.v.get(BREAKERS, {}) if "/" in one}
    in_a_row: Counter[str] = Counter()
    for before, event in pairwise(told):
        for name, n in event.v[CALLS].items():
            failed = _grown(before, event, FAILED, name)
            good = n - before.v[CALLS].get(name, 0) > failed
            at_most = in_a_row[name] + failed
            was, now = (one.v.get(BREAKERS, {}).get(name, CLOSED) for one in (before, event))
            if (was, now) == (CLOSED, OPEN) and at_most < need and name not in rests | laned:
                what = f"the breaker of {name} is open at {event.t_s:.2f} s, and at most "
                what += f"{at_most:g} calls in a row had failed, not {need}"
                yield bad(event.t_s, what, [before.i, event.i])
            in_a_row[name] = int(failed if good else at_most)


def _grown(before: Event, event: Event, group: str, name: str) -> int:
    return int(event.v.get(group, {}).get(name, 0) - before.v.get(group, {}).get(name, 0))


def reserve_left(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """At the end the reserve holds what the ledgers of others leave of it."""
    size_minor = objectives.contract.get("pool", {}).get("size_minor")
    reads = [op for op in history.ops(FIGURES) if LEFT in op.value.get(RESERVE, {})]
    told = [event.v[RESERVE].get(LEFT, 0) for event in samples(history, RESERVE)]
    told += [op.value[RESERVE][LEFT] for op in reads]
    if not reads or size_minor is None or not any(told):  # a design may have no reserve
        return
    left = reads[-1].value[RESERVE][LEFT]
    drawn = sum(map(amount, replayed(history, objectives).own.values()))
    if left != size_minor - drawn:
        what = f"the reserve is told to hold {money(int(left))} at the end, and by the ledgers it "
        what += f"holds {money(size_minor - drawn)}"
        yield bad(reads[-1].last_s, what, [reads[-1].index])

"""What the service's figures say of breakers, reserve and outbox, against calls and ledgers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from chaos.invariants._finding import bad, money
from chaos.invariants._operator import samples
from chaos.invariants._reserve import replayed
from chaos.invariants._views import amount
from chaos.targets._reference_gauges import (
    BY_BREAKER,
    DEPTH,
    FAILED_BY,
    LATE,
    POOL,
    QUEUE,
    TOTALS,
)
from harness.history import Event, History
from harness.model import Objectives

BREAKERS, CLOSED, OPEN = "Breakers", "closed", "open"
LEFT, FIGURES = "left", "figures"


def opened_too_early(
    told: list[Event], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """A breaker that opens before so many calls in a row can have failed."""
    need = objectives.contract.get("breaker", {}).get("failures", 1)
    rests = _asking_for_rest(history)
    in_a_row: Counter[str] = Counter()
    for before, event in pairwise(told):
        for name in event.v.get(BY_BREAKER, {}):
            failed = _grown(before, event, FAILED_BY, name)
            good = _grown(before, event, BY_BREAKER, name) > failed
            at_most = in_a_row[name] + failed
            was, now = (one.v.get(BREAKERS, {}).get(name, CLOSED) for one in (before, event))
            rested = name.partition("/")[0] in rests
            if (was, now) == (CLOSED, OPEN) and at_most < need and not rested:
                what = f"the breaker of {name} is open at {event.t_s:.2f} s, and at most "
                what += f"{at_most:g} calls in a row had failed, not {need}"
                yield bad(event.t_s, what, [before.i, event.i])
            in_a_row[name] = int(failed if good else at_most)


def _asking_for_rest(history: History) -> set[str]:
    """Third parties told to ask to be left alone, after which a breaker opens at once."""
    return {
        event.k
        for event in history.of("nemesis")
        for rule in event.v.get("state", {}).get("rules", ())
        if rule["args"].get("retry_after_s")
    }


def _grown(before: Event, event: Event, group: str, name: str) -> int:
    return int(event.v.get(group, {}).get(name, 0) - before.v.get(group, {}).get(name, 0))


def totals_wrong(
    told: list[Event], history: History, objectives: Objectives
) -> Iterator[Mapping[str, object]]:
    """A depth that is not the sum of its kinds, and more late successes than there can be: after a
    FAILED, or where something was broken and silence was taken for one."""
    for event in told:
        depth, each = event.v.get(TOTALS, {}).get(DEPTH), event.v.get(QUEUE, {}).values()
        if depth is not None and depth != sum(each):
            what = f"the outbox is told to hold {depth:g} tasks at {event.t_s:.2f} s, and "
            yield bad(event.t_s, f"{what}{sum(each):g} when they are told by kind", [event.i])
            break
    late = told[-1].v.get(TOTALS, {}).get(LATE, 0) if told else 0
    system = objectives.system
    broken = {system.third_party(window.where) or system.service for window in history.windows}
    statuses: defaultdict[tuple[str, object], list[object]] = defaultdict(list)
    for entry in history.of("ledger"):
        statuses[entry.p, entry.v.get("request_id")].append(entry.v.get("status"))
    doubtful = [
        s for (p, _), s in statuses.items() if "FAILED" in s or broken & {p, system.service}
    ]
    most = sum("SUCCESS" in s for s in doubtful)
    if late > most:
        what = f"{late:g} successes are told to have come after a failure, and there can be "
        yield bad(told[-1].t_s, f"{what}{most}", [told[-1].i])


def reserve_left(history: History, objectives: Objectives) -> Iterator[Mapping[str, object]]:
    """At the end the reserve holds what the ledgers of others leave of it."""
    size_minor = objectives.contract.get("pool", {}).get("size_minor")
    reads = [op for op in history.ops(FIGURES) if LEFT in op.value.get(POOL, {})]
    told = [event.v[POOL].get(LEFT, 0) for event in samples(history, POOL)]
    told += [op.value[POOL][LEFT] for op in reads]
    if not reads or size_minor is None or not any(told):  # a design may have no reserve
        return
    left = reads[-1].value[POOL][LEFT]
    drawn = sum(map(amount, replayed(history, objectives).own.values()))
    if left != size_minor - drawn:
        what = f"the reserve is told to hold {money(int(left))} at the end, and by the ledgers it "
        what += f"holds {money(size_minor - drawn)}"
        yield bad(reads[-1].last_s, what, [reads[-1].index])

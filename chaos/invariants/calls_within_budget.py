"""R4: what fails is not called again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._silent import none_faulted
from harness.history import Event, History
from harness.model import Objectives

CALLS_MAX = 1.2
"""Calls a request while they fail, 1 and the budget of `hardened` for retries; the contract's
`calls_a_request_max` overrides it."""

SPARE = 10
"""Retries that may have been saved up before the fault; chosen."""

UNDER_WAY_S = 2.0
"""Requests of so long before the first look are counted: they are being worked on; chosen."""

ASKED_BY = {
    "limit": "read_limit",
    "score": "submit",
    "reserve": "submit",
    "create_payout": "submit",
    "create_debit": "repay",
}


@dataclass(frozen=True)
class _Watch:
    """A stand-in between two looks at it: what it was called, by its own count."""

    where: str
    t_from_s: float
    t_to_s: float
    calls: Mapping[str, int]


def _examine(history: History, objectives: Objectives) -> Findings:
    ratio = float(objectives.contract.get("calls_a_request_max", CALLS_MAX))
    counted = [(watch, *_counted(watch, history)) for watch in _watches(history)]
    found = [
        _bad(watch, calls, requests, ratio)
        for watch, calls, requests in counted
        if calls > ratio * requests + SPARE
    ]
    return Findings(
        examined=sum(calls for _, calls, _ in counted),
        bad=found,
        details={f"{w.where} from {w.t_from_s:.1f} s": [n, asked] for w, n, asked in counted},
        missing="" if counted else "no stand-in was faulted, so none counted its calls",
    )


def _watches(history: History) -> Iterator[_Watch]:
    """From the first look at each fault (the one before it, if only one) to the last."""
    looks: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in history.of("nemesis"):
        at, when = (event.f, event.k), event.v.get("when")
        if when == "before":
            yield from _watch(looks.pop(at, []))
        if when in ("before", "active"):
            looks[at].append(event)
    for seen in looks.values():
        yield from _watch(seen)


def _watch(looks: list[Event]) -> Iterator[_Watch]:
    if len(looks) > 1:
        first, last = looks[min(1, len(looks) - 2)], looks[-1]
        before, counts = (_calls(one.v.get("counts", {})) for one in (first, last))
        rise = {op: n - before.get(op, 0) for op, n in counts.items()}
        yield _Watch(first.k, first.t_s, last.t_s, rise)


def _calls(counts: Mapping[str, int]) -> dict[str, int]:
    start = "calls."
    return {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}


def _counted(watch: _Watch, history: History) -> tuple[int, int]:
    """Calls that borrowers' requests lead to, and these requests."""
    calls = {op: n for op, n in watch.calls.items() if op in ASKED_BY}
    asking, since_s = {ASKED_BY[op] for op in calls}, watch.t_from_s - UNDER_WAY_S
    came = [op for op in history.ops() if op.f in asking]
    return sum(calls.values()), sum(since_s <= op.t_invoke_s <= watch.t_to_s for op in came)


def _bad(watch: _Watch, calls: int, requests: int, ratio: float) -> Mapping[str, object]:
    what = (
        f"{watch.where} got {calls} calls for {requests} requests from {watch.t_from_s:.2f} s to "
        f"{watch.t_to_s:.2f} s, allowed {ratio:g} each and {SPARE}"
    )
    return bad(watch.t_to_s, what, [], where=watch.where)


INVARIANT = Invariant(
    name="calls_within_budget",
    ids=("R4",),
    claim="While a third party fails it is called at most so often a request as the retry budget "
    "allows.",
    examine=_examine,
    silent=none_faulted,
)

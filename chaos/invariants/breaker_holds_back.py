"""R4: a third party that fails is left alone but for probes, for as long as it asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._watched_calls import ASKED_BY
from harness.history import Event, History
from harness.model import Objectives

FAILING = frozenset({"error", "error_after", "reply_lost", "request_lost"})
SLOW = "slow"
SPARE = 4
"""Calls that are made for nobody's request, and between a look and what it counts; chosen."""

Rule = Mapping[str, Any]


def _examine(history: History, objectives: Objectives) -> Findings:
    declared = objectives.contract.get("breaker", {})
    looks: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in history.of("nemesis"):
        if event.v.get("when") in ("active", "before") and event.type == "ok":
            looks[event.f, event.k].append(event)
    runs = [
        (fault, run)
        for (fault, _), told in looks.items()
        for run in (_runs(told, fault, declared["call_timeout_s"]) if declared else ())
    ]
    found = [
        bad(run[-1].t_s, f"{run[0].k}, {wrong}", [one.i for one in run], where=run[0].k)
        for fault, run in runs
        if (wrong := _wrong(run, fault, declared, history))
    ]
    return Findings(
        examined=sum(len(run) for _, run in runs),
        bad=found,
        details={"failed": len(runs)},
        missing="" if declared else "the contract declares no breaker",
    )


def _runs(told: list[Event], fault: str, timeout_s: float) -> Iterator[list[Event]]:
    """Looks at one fault, in a row, while each call failed by it."""
    run: list[Event] = []
    for event in told:
        if event.v["when"] == "active" and _failing(event, fault, timeout_s):
            run.append(event)
        else:
            if len(run) > 1:
                yield run
            run = []
    if len(run) > 1:
        yield run


def _failing(event: Event, fault: str, timeout_s: float) -> Rule | None:
    """The rule by which every call fails, or None."""
    for rule in event.v.get("state", {}).get("rules", ()):
        late = rule["effect"] == SLOW and rule["args"].get("delay_s", 0.0) > timeout_s > 0.0
        every = rule["share"] >= 1.0 and rule["first"] == 1 and rule["last"] is None
        known = rule["args"].get("code") is not None  # may be a word of the contract
        own = rule["id"].partition("@")[0] == fault and rule["op"] == "*"
        if own and every and not known and (late or rule["effect"] in FAILING):
            found: Rule = rule
            return found
    return None


def _calls(event: Event) -> int:
    """Calls that requests of borrowers lead to: they share one breaker."""
    counts = event.v.get("counts", {})
    return sum(counts.get(f"calls.{op}", 0) for op in ASKED_BY)


def _wrong(run: list[Event], fault: str, declared: Mapping[str, float], history: History) -> str:
    rule = _failing(run[0], fault, declared["call_timeout_s"]) or {}
    asked_s = min(rule["args"].get("retry_after_s") or 0.0, declared["retry_after_max_s"])
    late_s = declared["call_timeout_s"] if rule["effect"] == SLOW else 0.0
    counts, t_s = [_calls(event) for event in run], run[0].t_s
    took_s, n = run[-1].t_s - t_s, counts[-1] - counts[0]
    cycles = took_s / (max(declared["open_s"], asked_s) + late_s) + 1
    at_once = sum(
        op.f in ASKED_BY.values() and t_s <= op.t_invoke_s <= t_s + late_s * 1.2
        for op in history.ops()
    )
    most = at_once * bool(late_s) + declared["failures"] + declared["probes"] * cycles + SPARE
    if n > most:
        return f"of which every call failed, got {n} within {took_s:.1f} s, allowed {most:.0f}"
    rises = sum(later > earlier for earlier, later in pairwise(counts))
    if asked_s > 1.0 and rises > cycles + 2:
        return f"which asked for {asked_s:g} s of rest, was called in {rises} of {took_s:.0f} s"
    return ""


INVARIANT = Invariant(
    name="breaker_holds_back",
    ids=("R4",),
    claim="A third party of which every call fails is called no more often than its breaker needs "
    "to open and to probe, and not before the time that it asked for.",
    examine=_examine,
    of_faults=True,
)

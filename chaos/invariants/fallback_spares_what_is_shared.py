"""R11: what fails together is called as one: falling back on its twin brings nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._watched_calls import SPARE, Watch, counted, ratio_of, watches
from harness.experiment import Experiment
from harness.history import History
from harness.model import Objectives

LONE = "no two third parties of one role were called, and counted it, while both failed"


def _examine(history: History, objectives: Objectives) -> Findings:
    ratio = ratio_of(objectives)
    groups = list(_together(history, objectives))
    numbers = [counted(group, history) for group in groups]
    found = [
        _bad(group, calls, requests, ratio)
        for group, (calls, requests) in zip(groups, numbers, strict=True)
        if calls > ratio * requests + SPARE
    ]
    return Findings(
        examined=sum(calls for calls, _ in numbers),
        bad=found,
        details={_names(g): list(one) for g, one in zip(groups, numbers, strict=True)},
        missing="" if groups else LONE,
    )


def _together(history: History, objectives: Objectives) -> Iterator[list[Watch]]:
    """Those of one role that were called while they failed at the same time, two or more."""
    by_role: defaultdict[str, list[Watch]] = defaultdict(list)
    for watch in watches(history):
        if counted([watch], history)[0]:
            by_role[objectives.system.role_of.get(watch.where, "")].append(watch)
    by_role.pop("", None)
    for seen in by_role.values():
        group: list[Watch] = []
        for watch in sorted(seen, key=lambda one: one.t_from_s):
            if group and watch.t_from_s >= max(one.t_to_s for one in group):
                yield from _several(group)
                group = []
            group.append(watch)
        yield from _several(group)


def _several(group: list[Watch]) -> Iterator[list[Watch]]:
    if len({one.where for one in group}) > 1:
        yield group


def _names(group: Sequence[Watch]) -> str:
    return " and ".join(sorted({one.where for one in group}))


def _bad(group: Sequence[Watch], calls: int, requests: int, ratio: float) -> dict[str, object]:
    from_s, to_s = min(one.t_from_s for one in group), max(one.t_to_s for one in group)
    what = (
        f"{_names(group)} failed together and got {calls} calls in all for {requests} requests "
        f"from {from_s:.2f} s to {to_s:.2f} s, allowed {ratio:g} each and {SPARE}"
    )
    return bad(to_s, what, [], where=_names(group))


def _silent(experiment: Experiment) -> str:
    system = experiment.objectives.system
    faulted = {system.third_party(step.fault.where) for step in experiment.steps}
    roles = [system.role_of.get(name) for name in faulted if name in system.ledgers]
    return "" if len(roles) > len(set(roles)) else LONE


INVARIANT = Invariant(
    name="fallback_spares_what_is_shared",
    ids=("R11",),
    claim="Third parties of one role that fail at the same time are together called at most so "
    "often a request as the retry budget allows for one.",
    examine=_examine,
    silent=_silent,
)

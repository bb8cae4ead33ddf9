"""R2: the service itself notices that borrowers are harmed, before many are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._front import front_windows, nobody_there
from chaos.invariants._operator import samples
from chaos.invariants._views import cut_off, own_doing, result
from harness.history import Event, History
from harness.model import Objectives, Op, Outcome

USERS_MAX = 10
"""Borrowers harmed while all looks well; the contract's `harmed_unnoticed_max` overrides it; as
many as `harness warn score` allows; chosen."""

WELL: Mapping[str, str] = {"Modes": "FULL", "Ready": "yes", "Breakers": "closed"}
"""What each group of gauges says on a good day: the status page, readiness, circuit breakers."""


def _examine(history: History, objectives: Objectives) -> Findings:
    most = int(objectives.contract.get("harmed_unnoticed_max", USERS_MAX))
    told = sorted({e.i: e for group in WELL for e in samples(history, group)}.values(), key=_t_s)
    groups = {group for group in WELL for event in told if event.v.get(group)}
    harmed = _harmed(history, objectives)
    unseen = [op for op in harmed if _all_looks_well(op.last_s, told, groups)]
    return Findings(
        examined=len({op.user for op in history.all_ops}),
        bad=[_bad(unseen, most)] if len(unseen) > most else [],
        details={"harmed": len(harmed), "unnoticed": len(unseen), "allowed": most},
        missing="" if told else "nobody asked the service for its state",
    )


def _t_s(event: Event) -> float:
    return event.t_s


def _harmed(history: History, objectives: Objectives) -> list[Op]:
    """What harmed each borrower first, by its end: no answer, or a refusal that is no fault of
    his own."""
    windows = front_windows(history, objectives)
    first: dict[str, Op] = {}
    for op in sorted(history.all_ops, key=lambda op: op.last_s):
        if (
            op.outcome is not Outcome.OK
            and not own_doing(op, objectives)
            and not nobody_there(op, windows)
            and not cut_off(op, history, objectives)
        ):
            first.setdefault(op.user, op)
    return list(first.values())


def _all_looks_well(t_s: float, told: Sequence[Event], groups: Collection[str]) -> bool:
    """Whether the service said so before and after; who gets no answer knows that it is not so."""
    after = bisect_left(told, t_s, key=_t_s)
    near = told[after - 1 : after + 1] if 0 < after < len(told) else []
    return bool(near) and all(_well(event.v.get(group), WELL[group]) for event in near
                              for group in groups)  # fmt: skip


def _well(said: Mapping[str, object] | None, good: str) -> bool:
    return bool(said) and all(value == good for value in (said or {}).values())


def _bad(unseen: Sequence[Op], most: int) -> Mapping[str, object]:
    first, last = unseen[0], unseen[most]
    what = f"{last.user} was the {most + 1}th to be harmed ({last.f} {result(last)} at "
    what += f"{last.last_s:.2f} s, the first one at {first.last_s:.2f} s), and by its status "
    what += f"page, readiness and breakers the service knew of nothing; {len(unseen)} were in all"
    return bad(last.last_s, what, [first.index, last.index], user=last.user)


INVARIANT = Invariant(
    name="trouble_is_noticed",
    ids=("R2",),
    claim="At most 10 borrowers are harmed while the service's own status page, readiness and "
    "breakers say that all is well.",
    examine=_examine,
    timed=True,
)

"""R1: while a dependency is broken, only what is declared to depend on it gets worse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from chaos.invariants._finding import Findings, Invariant, bad
from chaos.invariants._views import cut_off, explained, own_doing, result
from chaos.invariants._waits import Span, over, refused_truly
from harness.experiment import Experiment
from harness.history import History
from harness.model import Objectives, Op, Outcome
from harness.system import System

FULL = "FULL"
NONE_DECLARED = "the target declares no degradation"
OK_RATIO_MIN = 0.99
"""Share of ok answers that is held during a fault; chosen, not measured."""


def _examine(history: History, objectives: Objectives) -> Findings:
    system = objectives.system
    if not system.degradation:
        return Findings(0, missing=NONE_DECLARED)
    held: defaultdict[str, list[Op]] = defaultdict(list)
    for op in history.all_ops:
        windows = [w for w in history.windows if w.overlaps(op.t_invoke_s, op.last_s)]
        if windows and not _may_degrade(op.f, [w.where for w in windows], system):
            held[op.f].append(op)
    waits = over(history, objectives, "least_s")
    judged = {f: _judged(ops, waits, history, objectives) for f, ops in sorted(held.items())}
    wrong = [one for f, ops in judged.items() if ops and (one := _wrong(f, ops))]
    ratios = {f: round(_ok_ratio(ops), 4) for f, ops in judged.items() if ops}
    return Findings(
        examined=sum(map(len, judged.values())),
        bad=wrong,
        details={"ok_ratio": ratios, "faulted": sorted({w.where for w in history.windows})},
        missing="" if ratios else "no operation that has to keep its level ran during a fault",
    )


def _silent(experiment: Experiment) -> str:
    """Where at every instant of a fault everything may degrade."""
    if not experiment.objectives.system.degradation:
        return NONE_DECLARED
    objectives, steps = experiment.objectives, experiment.steps
    instants = {t_s for step in steps for t_s in (step.at_s, step.heal_at_s)}
    at_once = ([s.fault.where for s in steps if s.at_s <= t_s < s.heal_at_s] for t_s in instants)
    operations = objectives.contract.get("operations", ())
    held = (not _may_degrade(f, at, objectives.system) for at in at_once if at for f in operations)
    if any(held):
        return ""
    broken = ", ".join(sorted({step.fault.where for step in steps}))
    return f"every operation may degrade while {broken} is broken"


def _may_degrade(f: str, places: Iterable[str], system: System) -> bool:
    """Whether a cell of the declaration that is not FULL covers what was broken; everything may
    degrade where the service itself is broken, and not a third party."""
    broken: defaultdict[str, set[str]] = defaultdict(set)
    for where in places:
        broken[system.role_at(where)].add(system.third_party(where))
    declared = system.degradation.get(f, {})
    return "" in broken or any(
        declared.get(role, {}).get(_state(role, names, system), FULL) != FULL
        for role, names in broken.items()
    )


def _state(role: str, broken: set[str], system: System) -> str:
    return "all" if broken.issuperset(system.playing(role)) else "one"


def _judged(ops: list[Op], waits: list[Span], history: History, objectives: Objectives) -> list[Op]:
    return [
        op
        for op in ops
        if not (own_doing(op, objectives) or refused_truly(op, waits))
        and not (op.t_end_s is None and cut_off(op, history, objectives))
    ]


def _wrong(f: str, ops: list[Op]) -> Mapping[str, object] | None:
    failed = [op for op in ops if op.outcome is not Outcome.OK]
    bare = [op for op in failed if not explained(op)]
    if not bare and _ok_ratio(ops) >= OK_RATIO_MIN:
        return None
    first = (bare or failed)[0]
    what = (
        f"{f} is not declared to depend on what was broken, but {len(failed)} of {len(ops)} failed,"
        f" {len(bare)} unexplained: first {first.k} with {result(first)} at {first.last_s:.2f} s"
    )
    return bad(first.last_s, what, [op.index for op in failed[:10]], f=f, failed=len(failed))


def _ok_ratio(ops: list[Op]) -> float:
    return sum(1 for op in ops if op.outcome is Outcome.OK) / len(ops)


INVARIANT = Invariant(
    name="only_declared_degrades",
    ids=("R1",),
    claim="During a fault every operation that is not declared to depend on what is broken is "
    "answered ok in at least 99 % of cases, and fails without explanation in none.",
    examine=_examine,
    timed=True,
    of_faults=True,
    silent=_silent,
)

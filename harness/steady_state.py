"""The steady-state hypothesis: a gate before anything is injected, a deviation test after recovery.

A probe states what was observed in this run (a ratio, a quantile) and is met or not by that
number; its interval stands beside it,
so that nobody takes a clean sample of 60 for a proof of 99.9 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.history import History
from harness.measures import MEASURES
from harness.model import HypothesisResult, Op
from harness.stats import clopper_pearson
from harness.units import Condition, Quantity


@dataclass(frozen=True)
class Probe:
    """One number that must hold.

    Args:
        name: for the reader.
        measure: a key of MEASURES.
        of: name of an operation.
        tolerance: the limit.
    """

    name: str
    measure: str
    of: str
    tolerance: Condition


@dataclass(frozen=True)
class Hypothesis:
    """Probes that hold while borrowers are served."""

    title: str
    probes: tuple[Probe, ...]


def evaluate(probe: Probe, ops: Iterable[Op]) -> dict[str, object]:
    """What a probe saw.

    Returns:
        `{name, measure, of, tolerance, n, value, shown, met}`: `value` in s or as a share, `shown`
        in the unit of the tolerance, with `interval_95` for shares. Where too little was seen to
        say, `met` is False, `value` None, and `why` says what was missing.
    """
    chosen = [op for op in ops if op.f == probe.of]
    seen = MEASURES[probe.measure].judge(chosen, probe.tolerance)
    written: dict[str, object] = {
        "name": probe.name,
        "measure": probe.measure,
        "of": probe.of,
        "tolerance": str(probe.tolerance),
        "n": seen.n,
        "value": seen.value,
        "shown": seen.shown,
        "met": bool(seen.met),
    }
    if seen.met is None:
        written["why"] = seen.why
    if seen.value is not None and MEASURES[probe.measure].quantity is Quantity.RATIO:
        interval = clopper_pearson(round(seen.value * seen.n), seen.n)
        written["interval_95"] = [round(end, 6) for end in interval]
    return written


def assess(
    hypothesis: Hypothesis, history: History, when: str, t_from_s: float, t_to_s: float
) -> HypothesisResult:
    """Evaluate every probe on operations that were due and over in [t_from_s, t_to_s].

    Operations still open at `t_to_s` are judged only if they were due 2 s before it: the last
    instants of a phase are not failures.
    """
    ops = [
        op
        for op in history.all_ops
        if t_from_s <= op.t_due_s < t_to_s
        and ((op.t_end_s is not None and op.t_end_s <= t_to_s) or op.t_due_s < t_to_s - 2.0)
    ]
    probes = tuple(evaluate(probe, ops) for probe in hypothesis.probes)
    return HypothesisResult(when, all(probe["met"] for probe in probes), probes)


def doubted(result: HypothesisResult, why: str) -> HypothesisResult:
    """The same, with its probes that were not met unknown."""
    probes = tuple(one if one["met"] else {"why": why, **one} for one in result.probes)
    return replace(result, probes=probes)

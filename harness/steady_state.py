"""The steady-state hypothesis: a gate before anything is injected, a deviation test after recovery.

A probe states what was observed in this run (a ratio, a quantile) and is met or not by that
number; its interval stands beside it,
so that nobody takes a clean sample of 60 for a proof of 99.9 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.history import History
from harness.model import HypothesisResult, Op, Outcome
from harness.stats import clopper_pearson, quantile
from harness.units import Condition

TOO_MANY = 429  # the service's own limit, not the borrower's mistake
SAMPLES_MIN = 20  # chosen, not measured: fewer say too little about a service to gate on


def ok_ratio(ops: Sequence[Op]) -> float:
    """Share of operations that ended ok."""
    return sum(op.outcome is Outcome.OK for op in ops) / len(ops)


def served_ratio(ops: Sequence[Op]) -> float:
    """Share of operations that ended ok, or in a refusal of the borrower's own mistake (4xx)."""
    return sum(served(op) for op in ops) / len(ops)


def served(op: Op) -> bool:
    """Whether the service did its part."""
    status = op.value.get("http_status") or 0
    refused = op.outcome is Outcome.FAIL and 400 <= status < 500 and status != TOO_MANY
    return op.outcome is Outcome.OK or refused


def latency(share: float, ops: Sequence[Op]) -> float:
    """Quantile of the latency from the intended start, s; never-completed ones count as
    infinite."""
    return quantile([float("inf") if op.latency_s is None else op.latency_s for op in ops], share)


MEASURES: Mapping[str, Callable[[Sequence[Op]], float]] = {
    "ok_ratio": ok_ratio,
    "served_ratio": served_ratio,
    "latency_p50": partial(latency, 0.50),
    "latency_p95": partial(latency, 0.95),
    "latency_p99": partial(latency, 0.99),
}


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


def evaluate(probe: Probe, ops: Iterable[Op]) -> dict[str, Any]:
    """What a probe saw.

    Returns:
        `{name, measure, of, tolerance, n, value, met}`, with `interval_95` for ratios; `value` is
        None and `met` False
        below SAMPLES_MIN operations.
    """
    chosen = [op for op in ops if op.f == probe.of]
    seen: dict[str, Any] = {
        "name": probe.name,
        "measure": probe.measure,
        "of": probe.of,
        "tolerance": str(probe.tolerance),
        "n": len(chosen),
        "value": None,
        "met": False,
    }
    if len(chosen) < SAMPLES_MIN:
        seen["why"] = f"{len(chosen)} operations, {SAMPLES_MIN} needed"
        return seen
    value = MEASURES[probe.measure](chosen)
    seen |= {"value": round(value, 6), "met": probe.tolerance.holds(value)}
    if probe.measure.endswith("_ratio"):
        low, high = clopper_pearson(round(value * len(chosen)), len(chosen))
        seen["interval_95"] = [round(low, 6), round(high, 6)]
    return seen


def assess(
    hypothesis: Hypothesis, history: History, when: str, t_from_s: float, t_to_s: float
) -> HypothesisResult:
    """Evaluate every probe on operations that were due and over in [t_from_s, t_to_s].

    Operations still open at `t_to_s` are judged only if they were due 2 s before it: the last
    moments of a phase are not failures.
    """
    ops = [
        op
        for op in history.all_ops
        if t_from_s <= op.t_due_s < t_to_s
        and ((op.t_end_s is not None and op.t_end_s <= t_to_s) or op.t_due_s < t_to_s - 2.0)
    ]
    probes = tuple(evaluate(probe, ops) for probe in hypothesis.probes)
    return HypothesisResult(when, all(probe["met"] for probe in probes), probes)

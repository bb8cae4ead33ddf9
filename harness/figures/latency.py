"""Latency of each operation in each phase: of good answers, and until a failure was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.history import History
from harness.measures import is_ok
from harness.model import Op, Phase
from harness.stats import quantiles

PHASES = (Phase.BASELINE, Phase.LOAD, Phase.FAULT, Phase.RECOVERY)
SHARES = (0.5, 0.95, 0.99)

BOUNDS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Chosen before anything is seen, so that runs can be compared by counts."""


def latencies(history: History) -> list[dict[str, object]]:
    """A row an operation and phase, in the order of names and of phases.

    Returns:
        `{of, phase, n, good, p50_s, p95_s, p99_s, failed, failed_p50_s, failed_p95_s,
        failed_p99_s, unanswered}`; a quantile of nothing is None. Latency counts from the
        intended start; `failed` are those that were answered, `unanswered` those that never were.
    """
    groups: defaultdict[tuple[str, str], list[Op]] = defaultdict(list)
    for op in history.all_ops:
        if op.phase != Phase.SETTLED:
            groups[op.f, op.phase].append(op)
    names = dict.fromkeys(sorted(f for f, _ in groups))
    return [
        _row(f, phase, groups[f, phase]) for f in names for phase in PHASES if (f, phase) in groups
    ]


def _row(f: str, phase: str, ops: Sequence[Op]) -> dict[str, object]:
    good = [op.latency_s for op in ops if is_ok(op) and op.latency_s is not None]
    failed = [op.latency_s for op in ops if not is_ok(op) and op.latency_s is not None]
    return {
        "of": f,
        "phase": str(phase),
        "n": len(ops),
        "good": len(good),
        **_named("", good),
        "over_s": {f"{bound:g}": sum(one > bound for one in good) for bound in BOUNDS_S},
        "failed": len(failed),
        **_named("failed_", failed),
        "unanswered": len(ops) - len(good) - len(failed),
    }


def _named(prefix: str, values: list[float]) -> dict[str, float | None]:
    names = [f"{prefix}p{share * 100:g}_s" for share in SHARES]
    found = quantiles(values, SHARES) if values else [None] * len(SHARES)
    return {
        name: None if value is None else round(value, 6)
        for name, value in zip(names, found, strict=True)
    }

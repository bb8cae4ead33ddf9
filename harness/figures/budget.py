"""Error budgets: a share that is asked for allows some operations to fail; how many did?"""

from __future__ import annotations

from harness.experiment import Experiment
from harness.history import History
from harness.measures import GOOD, SAMPLES_MIN
from harness.model import Phase


def budgets(experiment: Experiment, history: History) -> list[dict[str, object]]:
    """Of each share that the hypothesis asks for, over the whole load, the fault included.

    Returns:
        `{of, measure, limit, n, bad, allowed, spent}`: `spent` 1.0 is all of what may fail, None
        where nothing may or too little was seen.
    """
    rows: list[dict[str, object]] = []
    for probe in experiment.hypothesis.probes:
        good = GOOD.get(probe.measure)
        if good is None or ">" not in probe.tolerance.symbol:
            continue
        ops = [op for op in history.ops(probe.of) if op.phase != Phase.SETTLED]
        n, bad = len(ops), sum(not good(op) for op in ops)
        allowed = round((1 - probe.tolerance.limit) * n, 6)
        says = n >= SAMPLES_MIN and allowed > 0
        rows.append(
            {
                "of": probe.of,
                "measure": probe.measure,
                "limit": probe.tolerance.limit,
                "n": n,
                "bad": bad,
                "allowed": allowed,
                "spent": round(bad / allowed, 4) if says else None,
            }
        )
    return rows

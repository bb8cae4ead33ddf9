"""The numbers of a run: what verdict.json, summary.md, the terminal and report.html all show.

Pure functions of the history and of what the target says of itself. None of them decides a
verdict: invariants, thresholds and the hypothesis do.

    during     the probes of the hypothesis while faults were there
    outcomes   what became of operations: served, degraded, refused, unexplained
    degraded_s how many seconds had an answer that was worse than on a good day
    modes      in which mode each operation was seen to work while something was broken
    calls      how often the service called each third party, by its own count
    latency    p50, p95, p99 an operation and phase, good and failed apart
    budget     of each share that was asked for, how much of what may fail has failed
    recovery   first failure, detection, failover, first good, recovered
    risk       money at risk over time
    response   how an alert was answered, step by step
    programs   memory, open files and processor time of each program, at both ends of the load
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.experiment import Experiment
from harness.figures.budget import budgets
from harness.figures.calls import calls
from harness.figures.latency import latencies
from harness.figures.modes import modes
from harness.figures.outcomes import classes, degraded_s, outcomes, users
from harness.figures.programs import programs
from harness.figures.recovery import instants, loss
from harness.figures.response import response
from harness.figures.risk import risk
from harness.history import History
from harness.model import Verdict
from harness.steady_state import assess
from harness.target import Target


def figures(
    experiment: Experiment, history: History, target: Target, verdicts: Iterable[Verdict]
) -> dict[str, object]:
    """All of them, plain data for verdict.json.

    Args:
        verdicts: of the checkers; one that states `recovery_time_s` or `lost` in its details is
            believed.
    """
    stated: Mapping[str, object] = {key: v for one in verdicts for key, v in one.details.items()}
    classed = classes(history, target)
    return {
        "during": _during(experiment, history),
        "outcomes": outcomes(classed),
        "users": users(classed),
        "degraded_s": degraded_s(classed),
        "modes": modes(history, target, classed),
        "calls": calls(history, target),
        "latency": latencies(history),
        "error_budget": budgets(experiment, history),
        "recovery": instants(experiment, history, target, classed, stated),
        "loss": loss(experiment, stated),
        "risk": risk(history, target),
        "response": response(experiment, history),
        "programs": programs(history),
    }


def _during(experiment: Experiment, history: History) -> list[Mapping[str, object]]:
    """What the probes of the hypothesis saw while faults were there; nothing is decided by it."""
    if not history.windows:
        return []
    from_s = min(window.t_inject_s for window in history.windows)
    to_s = max(window.t_heal_s for window in history.windows)
    return list(assess(experiment.hypothesis, history, "during", from_s, to_s).probes)

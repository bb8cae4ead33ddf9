"""When it broke, who noticed, who took over, when it was good again.

fault ── first failure ── detected ── failover ── healed ── first good ── recovered

All on the run clock, s; None where it did not happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.experiment import Experiment
from harness.figures.outcomes import Class, Classed
from harness.history import History
from harness.measures import is_ok, served
from harness.model import Op
from harness.target import Target, system_of

WINDOW_S = 1.0  # chosen: length of the sliding window of good service
GOOD_MIN = 0.95  # chosen: share of it that is good


def instants(
    experiment: Experiment,
    history: History,
    target: Target,
    classed: Classed,
    stated: Mapping[str, object],
) -> dict[str, object]:
    """The instants, the recovery time and its objective; {} for a run without a fault.

    Args:
        stated: numbers of the checkers: their `recovery_time_s` is believed.
    """
    if not history.windows:
        return {}
    from_s = min(window.t_inject_s for window in history.windows)
    healed_s = max(window.t_heal_s for window in history.windows)
    took_over = list(_failovers(history, target, from_s))
    good_s, recovered_s = _after(classed, from_s, healed_s)
    if isinstance(told_s := stated.get("recovery_time_s"), int | float):
        recovered_s = healed_s + told_s
    return {
        "fault_s": round(from_s, 3),
        "first_failure_s": _rounded(_first(_failures(classed), from_s)),
        "detected_s": _rounded(_detected(classed, from_s)),
        "failover": took_over,
        "healed_s": round(healed_s, 3),
        "first_good_s": _rounded(good_s),
        "recovered_s": _rounded(recovered_s),
        "recovery_time_s": _rounded(None if recovered_s is None else recovered_s - healed_s),
        "objective_s": experiment.objectives.recovery_s,
        "degraded_objective_s": experiment.objectives.degraded_s,
        "outage": outage(classed, from_s),
    }


def outage(classed: Classed, from_s: float) -> dict[str, object]:
    """How long what failed stayed away, whoever mended it: also before the undo.

    Returns:
        seconds from the first failure until each operation that failed had a good answer again
        (`first_good_s`), until good service lasted (`sustained_s`; None: it did not), and how long
        answers were worse than on a good day (`degraded_s`); {} where nothing failed.
    """
    fell_s = _first(_failures(classed), from_s)
    if fell_s is None:
        return {}
    after = [(op.last_s, op) for op, _ in classed if op.last_s >= fell_s]
    failed = {op.f for _, op in after if not served(op)}
    backs = [_back_s(after, f) for f in failed]
    good_s = None if None in backs else max(one for one in backs if one is not None)
    lasting_s = _after(classed, from_s, fell_s)[1]
    worse = [t_s for t_s, op in after if not served(op)]
    worse += [op.last_s for op, its in classed if its is Class.DEGRADED and op.last_s >= fell_s]
    return {
        "fell_s": round(fell_s, 3),
        "first_good_s": None if good_s is None else round(good_s - fell_s, 3),
        "sustained_s": None if lasting_s is None else round(lasting_s - fell_s, 3),
        "degraded_s": round(max(worse) - fell_s, 3),
    }


def _back_s(after: Sequence[tuple[float, Op]], f: str) -> float | None:
    """When an operation was good for the first time after it had failed for the first time."""
    fell_s = min(t_s for t_s, op in after if op.f == f and not served(op))
    return min((t_s for t_s, op in after if op.f == f and t_s > fell_s and is_ok(op)), default=None)


def loss(experiment: Experiment, stated: Mapping[str, object]) -> dict[str, object]:
    """Acknowledged operations that were gone at the end, as a checker's `lost` says; else {}."""
    if not isinstance(lost := stated.get("lost"), int):
        return {}
    promises = stated.get("lost_promises", ())
    return {"lost": lost, "objective": experiment.objectives.lost_max, "promises": promises}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _failures(classed: Classed) -> Iterator[float]:
    return (op.last_s for op, _ in classed if not served(op))


def _first(times: Iterable[float], from_s: float) -> float | None:
    return min((t_s for t_s in times if t_s >= from_s), default=None)


def _detected(classed: Classed, from_s: float) -> float | None:
    """The first answer that shows that the service itself knows of it: degraded, or refused with
    reasons. Nothing can be said where such answers came before the fault too."""
    aware = [
        op.last_s
        for op, its in classed
        if its is Class.DEGRADED or (its is Class.REFUSED and not served(op))
    ]
    return None if any(t_s < from_s for t_s in aware) else min(aware, default=None)


def _failovers(history: History, target: Target, from_s: float) -> Iterator[dict[str, object]]:
    """Who of a role did its first work after the fault began, by the ledgers."""
    first: dict[str, float] = {}
    for event in history.of("ledger"):
        first.setdefault(event.p, event.t_s)
    for role, names in system_of(target).roles.items():
        worked = [name for name in names if first.get(name, from_s) < from_s]
        later = [name for name in names if first.get(name, 0.0) >= from_s]
        if worked and later:
            name = min(later, key=first.__getitem__)
            change = {"role": role, "from": worked[0], "to": name, "t_s": round(first[name], 3)}
            yield change


def _after(classed: Classed, from_s: float, healed_s: float) -> tuple[float | None, float | None]:
    """First good answer to what had failed, and the start of lasting good service.

    Service that never failed had not to recover: (None, healed).
    """
    failed = {op.f for op, _ in classed if not served(op) and op.last_s >= from_s}
    if not failed:
        return None, healed_s
    done = sorted(
        ((op.last_s, op) for op, _ in classed if op.last_s >= healed_s),
        key=lambda one: (one[0], one[1].index),
    )
    good_s = next((t_s for t_s, op in done if is_ok(op) and op.f in failed), None)
    last_s = _last_bad(done)
    lasting = (t_s for t_s, op in done if is_ok(op) and (last_s is None or t_s > last_s))
    return good_s, next(lasting, None)


def _last_bad(done: Sequence[tuple[float, Op]]) -> float | None:
    """The last failure that lies in a window with too little good service."""
    last_s = failure_s = None
    oldest = good = 0
    for newest, (t_s, op) in enumerate(done):
        good += served(op)
        failure_s = failure_s if served(op) else t_s
        while done[oldest][0] <= t_s - WINDOW_S:
            good -= served(done[oldest][1])
            oldest += 1
        if good < GOOD_MIN * (newest - oldest + 1):
            last_s = failure_s
    return last_s

"""What a detector sees: one sample a second, from events that had happened by then.

Every signal is free of the load: shares, times, counts an operation. A detector learned at 8
arrivals a second is not alarmed by 16.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from harness.detector import Sample
from harness.figures.outcomes import Class, Classed, classes
from harness.history import Event, History
from harness.measures import served
from harness.model import Op
from harness.report.gauges_panel import COUNTER
from harness.reporting import GAUGES, shown_groups
from harness.stats import quantile
from harness.target import Target

EVERY_S = 1.0  # chosen: as often as the service is asked for its state
SPAN_S = 3.0  # chosen: what a share is taken over; a second of 8 operations tells little


@dataclass(frozen=True)
class Watched:
    """A recorded run as a detector sees it.

    Args:
        name: experiment and design.
        quiet_s: until here nothing had been injected.
        samples: from the first second to the end of the load.
        harmed_s: when each harmed user was harmed first, in order; a user is harmed who gets no
            answer, no explanation, or a refusal that is no fault of his own.
        design: whose state it shows: what is usual with one is not with another.
    """

    name: str
    quiet_s: float
    samples: tuple[Sample, ...]
    harmed_s: tuple[float, ...]
    design: str = ""

    @property
    def quiet(self) -> tuple[Sample, ...]:
        """Samples of before the first fault."""
        return tuple(one for one in self.samples if one.t_s <= self.quiet_s)


def watched(name: str, history: History, target: Target, design: str = "") -> Watched:
    """What a detector would have seen of a run."""
    end_s, classed = history.t_load_end_s, classes(history, target)
    quiet_s = min((one.t_inject_s for one in history.windows), default=end_s)
    seconds = [n * EVERY_S for n in range(int(SPAN_S / EVERY_S), int(end_s / EVERY_S) + 1)]
    gauges = [one for one in history.of("service") if one.f == GAUGES]
    samples = tuple(_samples(seconds, classed, gauges))
    return Watched(name, quiet_s, samples, tuple(sorted(_harmed_s(classed).values())), design)


def _harmed_s(classed: Classed) -> dict[str, float]:
    first: dict[str, float] = {}
    for op, _ in classed:
        if not served(op) and op.t_end_s is not None:
            first[op.user] = min(op.t_end_s, first.get(op.user, math.inf))
    return first


def _samples(
    seconds: Iterable[float], classed: Classed, gauges: Sequence[Event]
) -> Iterator[Sample]:
    """Each looks at its own seconds alone, however long the run was."""
    ended = sorted((one for one in classed if one[0].t_end_s is not None), key=_t_end_s)
    oldest = 0  # of `classed`: those before it have their answer
    for t_s in seconds:
        while oldest < len(classed) and _t_end_s(classed[oldest]) <= t_s:
            oldest += 1
        began = len(_within(classed, t_s, _t_invoke_s))
        waits_since_s = min(map(_t_invoke_s, classed[oldest : oldest + 1]), default=t_s)
        values = _answers(_within(ended, t_s, _t_end_s), began)
        values["waiting_s"] = max(0.0, t_s - waits_since_s)
        yield Sample(t_s, {**values, **_levels(gauges, t_s, began)})


def _t_invoke_s(one: tuple[Op, Class]) -> float:
    return one[0].t_invoke_s


def _t_end_s(one: tuple[Op, Class]) -> float:
    return math.inf if one[0].t_end_s is None else one[0].t_end_s


def _within(ordered: Classed, t_s: float, at: Callable[[tuple[Op, Class]], float]) -> Classed:
    """Those of the last `SPAN_S` before `t_s`."""
    first = bisect_right(ordered, t_s - SPAN_S, key=at)
    return ordered[first : bisect_right(ordered, t_s, lo=first, key=at)]


def _answers(recent: Classed, began: int) -> dict[str, float]:
    n = max(1, len(recent))
    good = [op.last_s - op.t_due_s for op, _ in recent if served(op)]
    return {
        "failed": sum(not served(op) for op, _ in recent) / n,
        "degraded": sum(its is Class.DEGRADED for _, its in recent) / n,
        "answered": len(recent) / max(1, began),
        "p99_s": quantile(good, 0.99) if good else 0.0,
    }


def _levels(gauges: Sequence[Event], t_s: float, began: int) -> dict[str, float]:
    def at(t_s: float) -> int:
        return bisect_right(gauges, t_s, key=lambda one: one.t_s) - 1

    if (last := at(t_s)) < 0:
        return {}
    first, since, now = gauges[0], gauges[max(0, at(t_s - SPAN_S))], gauges[last]
    groups = dict.fromkeys(chain(shown_groups(first), shown_groups(now)))
    return {group: _level(group, first, since, now, began) for group in groups}


def _level(group: str, first: Event, since: Event, now: Event, began: int) -> float:
    at_first, before, at = (one.v.get(group, {}) for one in (first, since, now))
    if any(isinstance(value, str) for value in at.values()):
        return float(sum(at_first.get(name, value) != value for name, value in at.items()))
    level = float(sum(at.values()))
    if group.endswith(COUNTER):
        return max(0.0, level - float(sum(before.values()))) / max(1, began)
    return math.log1p(max(0.0, level) / max(1, began))

"""What a detector sees: one sample a second, from events that had happened by then.

Every signal is free of the load: shares, times, counts an operation. A detector learned at 8
arrivals a second is not alarmed by 16.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from harness.detector import Sample
from harness.figures.outcomes import Class, Classed, classes
from harness.history import Event, History
from harness.measures import served
from harness.model import Op
from harness.report.gauges_panel import COUNTER
from harness.reporting import GAUGES
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
    """

    name: str
    quiet_s: float
    samples: tuple[Sample, ...]
    harmed_s: tuple[float, ...]

    @property
    def quiet(self) -> tuple[Sample, ...]:
        """Samples of before the first fault."""
        return tuple(one for one in self.samples if one.t_s <= self.quiet_s)


def watched(name: str, history: History, target: Target) -> Watched:
    """What a detector would have seen of a run."""
    end_s, classed = history.t_load_end_s, classes(history, target)
    quiet_s = min((one.t_inject_s for one in history.windows), default=end_s)
    seconds = [n * EVERY_S for n in range(int(SPAN_S / EVERY_S), int(end_s / EVERY_S) + 1)]
    gauges = [one for one in history.of("service") if one.f == GAUGES]
    samples = _samples(seconds, _Ended(classed), [op for op, _ in classed], gauges)
    return Watched(name, quiet_s, tuple(samples), tuple(sorted(_harmed(classed).values())))


def _harmed(classed: Classed) -> dict[str, float]:
    first: dict[str, float] = {}
    for op, its in classed:
        if _is_harm(op, its) and op.t_end_s is not None:
            user = op.p.partition(".")[0]
            first[user] = min(op.t_end_s, first.get(user, math.inf))
    return first


def _is_harm(op: Op, its: Class) -> bool:
    return its is Class.UNEXPLAINED or (its is Class.REFUSED and not served(op))


@dataclass
class _Ended:
    """Operations by their answer, read in order of time."""

    classed: Classed
    recent: list[tuple[float, Op, Class]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ended = [(op.t_end_s, op, its) for op, its in self.classed if op.t_end_s is not None]
        self._left = iter(sorted(ended, key=lambda one: one[0]))
        self._next = next(self._left, None)

    def until(self, t_s: float) -> Sequence[tuple[float, Op, Class]]:
        """Those of the last `SPAN_S` before `t_s`."""
        while self._next and self._next[0] <= t_s:
            self.recent.append(self._next)
            self._next = next(self._left, None)
        self.recent = [one for one in self.recent if one[0] > t_s - SPAN_S]
        return self.recent


def _samples(
    seconds: Iterable[float], ended: _Ended, ops: Sequence[Op], gauges: Sequence[Event]
) -> Iterator[Sample]:
    for t_s in seconds:
        began = sum(t_s - SPAN_S < op.t_invoke_s <= t_s for op in ops)
        values = {**_answers(ended.until(t_s), began), "waiting_s": _waiting_s(ops, t_s)}
        yield Sample(t_s, {**values, **_levels(gauges, t_s, began)})


def _answers(recent: Sequence[tuple[float, Op, Class]], began: int) -> dict[str, float]:
    n = max(1, len(recent))
    good = [end_s - op.t_due_s for end_s, op, its in recent if not _is_harm(op, its)]
    return {
        "failed": sum(_is_harm(op, its) for _, op, its in recent) / n,
        "degraded": sum(its is Class.DEGRADED for *_, its in recent) / n,
        "answered": len(recent) / max(1, began),
        "p99_s": quantile(good, 0.99) if good else 0.0,
    }


def _waiting_s(ops: Iterable[Op], t_s: float) -> float:
    open_ = (
        t_s - op.t_invoke_s
        for op in ops
        if op.t_invoke_s <= t_s and (op.t_end_s is None or op.t_end_s > t_s)
    )
    return max(open_, default=0.0)


def _levels(gauges: Sequence[Event], t_s: float, began: int) -> dict[str, float]:
    seen = [one for one in gauges if one.t_s <= t_s]
    if not seen:
        return {}
    before = [one for one in seen if one.t_s <= t_s - SPAN_S]
    since = before[-1] if before else seen[0]
    groups = dict.fromkeys(chain.from_iterable(one.v for one in (seen[0], seen[-1])))
    return {group: _level(group, seen[0], since, seen[-1], began) for group in groups}


def _level(group: str, first: Event, since: Event, now: Event, began: int) -> float:
    at_first, before, at = (one.v.get(group, {}) for one in (first, since, now))
    if any(isinstance(value, str) for value in at.values()):
        return float(sum(at_first.get(name, value) != value for name, value in at.items()))
    level = float(sum(at.values()))
    if group.endswith(COUNTER):
        return max(0.0, level - float(sum(before.values()))) / max(1, began)
    return math.log1p(max(0.0, level) / max(1, began))

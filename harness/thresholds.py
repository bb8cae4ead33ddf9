"""Limits on measures within a phase: every fault window counts by itself, the worst one decides.

threshold ── during: fault ──> each fault window ─┐
          └─ another phase ──> the phase          ├─ over: 1s ──> each span of 1 s ──> the worst
                                                  └─ else the whole of it ────────────┘
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.experiment import Experiment, ThresholdPart
from harness.history import History
from harness.measures import MEASURES, SAMPLES_MIN
from harness.metered import starved
from harness.model import Op, Phase
from harness.steady_state import Probe, evaluate
from harness.units import Quantity


@dataclass(frozen=True)
class Span:
    """A stretch of the run.

    Args:
        name: for a reader: `down at a->b` or the name of a phase.
    """

    name: str
    t_from_s: float
    t_to_s: float
    is_fault: bool = False

    def __str__(self) -> str:
        """Name and times."""
        return f"{self.name}, {self.t_from_s:.6g}..{self.t_to_s:.6g} s"


Window = tuple[Span, Sequence[Op]]


def thresholds(experiment: Experiment, history: History) -> tuple[Mapping[str, object], ...]:
    """What each threshold of the experiment saw, in the worst of its windows."""
    return tuple(threshold(one, history) for one in experiment.thresholds)


def threshold(one: ThresholdPart, history: History) -> Mapping[str, object]:
    """What one threshold saw: as `evaluate`, with `during`, `windows` and the worst `window`."""
    probe = Probe(f"{one.measure} of {one.of}", one.measure, one.of, one.tolerance)
    windows = [
        _worst(one, _telling(one, list(_stretches(span, one.over, list(history.ops(one.of))))))
        for span in _spans(one.during, history)
    ]
    during = {"during": one.during, "windows": len(windows)}
    if not windows:
        return {**evaluate(probe, []), "why": f"the run had no {one.during} window", **during}
    span, ops = _worst(one, windows)
    seen = {**evaluate(probe, ops), "window": str(span), **during}
    return seen if seen["met"] else _unless_starved(one, seen, span, history)


def _unless_starved(
    one: ThresholdPart, seen: Mapping[str, object], span: Span, history: History
) -> Mapping[str, object]:
    """A time that is too long says nothing of a program that had to wait for a processor."""
    machine = starved(history, span.t_from_s, span.t_to_s)
    if seen["value"] is None or not machine or MEASURES[one.measure].quantity is not Quantity.TIME:
        return seen
    why = f"{seen['shown']}, but {machine}: nothing is said of the service"
    return {**seen, "value": None, "why": why}


def _worst(one: ThresholdPart, windows: Sequence[Window]) -> Window:
    """Broken over unknown over met; among shares the smaller, among times the longer."""
    return max(windows, key=lambda window: _badness(one, window))


def _badness(one: ThresholdPart, window: Window) -> tuple[int, float]:
    seen = MEASURES[one.measure].judge(window[1], one.tolerance)
    value = float("inf") if seen.value is None else seen.value
    upper = "<" in one.tolerance.symbol
    return 2 if seen.met is False else int(seen.met is None), value if upper else -value


def _telling(one: ThresholdPart, stretches: Sequence[Window]) -> Sequence[Window]:
    """Without those with too few operations to say anything, unless no other is left."""
    telling = [w for w in stretches if len(w[1]) >= SAMPLES_MIN or _badness(one, w)[0] == 2]
    return telling or stretches


def _spans(during: str, history: History) -> Iterator[Span]:
    if during == Phase.FAULT:
        for window in history.windows:
            name = f"{window.fault} at {window.where}"
            yield Span(name, window.t_inject_s, window.t_heal_s, is_fault=True)
        return
    starts = sorted((e.t_s, e.k) for e in history.of("clock") if e.f == "phase")
    ends = [t_s for t_s, _ in starts[1:]]
    last_s = history.events[-1].t_s if history.events else 0.0
    for (t_s, phase), t_end_s in zip(starts, [*ends, last_s], strict=True):
        if phase == during:
            yield Span(phase, t_s, t_end_s)


def _stretches(span: Span, over_s: float | None, ops: Sequence[Op]) -> Iterator[Window]:
    """The whole span with what was under way in it; or each stretch of `over_s` that begins with
    an operation or ends with the span, with what was due in it: the worst one is among them."""
    if over_s is None or over_s >= span.t_to_s - span.t_from_s:
        yield span, [op for op in ops if _under_way(op, span)]
        return
    due = sorted(
        (op for op in ops if span.t_from_s <= op.t_due_s < span.t_to_s), key=lambda op: op.t_due_s
    )
    last_s = span.t_to_s - over_s
    starts = [*(op.t_due_s for op in due if op.t_due_s < last_s), last_s]
    times = [op.t_due_s for op in due]
    for from_s in starts:
        inside = due[bisect_left(times, from_s) : bisect_left(times, from_s + over_s)]
        yield Span(span.name, from_s, from_s + over_s), inside


def _under_way(op: Op, span: Span) -> bool:
    """Whether it was due before the span ended and not over when it began; in a phase that is no
    fault window: whether it was due in it."""
    begun = op.t_due_s < span.t_to_s
    if not span.is_fault:
        return begun and op.t_due_s >= span.t_from_s
    return begun and (op.t_end_s is None or op.t_end_s >= span.t_from_s)

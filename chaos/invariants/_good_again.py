"""Since when service has been good without a relapse."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.invariants._views import own_doing, result
from harness.history import History
from harness.model import Objectives, Op, Outcome

# The figures of this block are chosen, not measured.
WINDOW_S = 1.0  # length of the sliding window
OK_RATIO_MIN = 0.95  # share of ok completions that counts as good service
OPS_MIN = 20  # fewer operations show nothing: one failure in 20 is 95 %


@dataclass(frozen=True)
class Done:
    """A completion, or the instant at which an open operation was overdue."""

    t_s: float
    op: Op

    @property
    def ok(self) -> bool:
        return self.op.outcome is Outcome.OK


@dataclass(frozen=True)
class Again:
    """What came of service since an instant.

    Args:
        done: completions from then to the end of the load, in order.
        after_s: seconds until it was good to stay, None if it never was.
        last_bad: the last failure that lies in a second with too few ok completions.
        watched_s: how long it was looked at, seconds.
    """

    done: list[Done]
    after_s: float | None
    last_bad: Done | None
    watched_s: float

    @property
    def failed(self) -> int:
        """Completions that were not ok."""
        return sum(1 for one in self.done if not one.ok)

    def unknown(self, within_s: float, since: str) -> str:
        """Why nothing can be said, "" when something can."""
        if len(self.done) < OPS_MIN:
            return f"only {len(self.done)} submits and repays after {since}, need {OPS_MIN}"
        if self.after_s is None and self.watched_s <= within_s:
            return f"not yet good when the load stopped, {self.watched_s:.2f} s after {since}"
        return ""

    def is_late(self, within_s: float) -> bool:
        """Whether it was not good again in time."""
        return self.after_s is None or self.after_s > within_s

    @property
    def shown_by(self) -> list[int]:
        """Numbers of the events that show what failed last."""
        return [self.last_bad.op.index] if self.last_bad else []

    def told(self) -> str:
        """How long it took, and what failed last."""
        what = f"it took {self.after_s:.2f} s" if self.after_s else "never was"
        if self.last_bad is None:
            return what
        op, t_s = self.last_bad.op, self.last_bad.t_s
        return f"{what}, last failure {op.f} {op.k} with {result(op)} at {t_s:.2f} s"


def good_again(history: History, objectives: Objectives, since_s: float) -> Again:
    """Look at submits and repays from `since_s` (run clock) to the end of the load."""
    done = completions(history, objectives, since_s)
    last_bad = _last_bad(done)
    good = [one for one in done if one.ok and (not last_bad or one.t_s > last_bad.t_s)]
    after_s = round(good[0].t_s - since_s, 3) if good else None
    return Again(done, after_s, last_bad, history.t_load_end_s - since_s)


def completions(history: History, objectives: Objectives, since_s: float) -> list[Done]:
    """What ended since then, or was overdue, while there was load."""
    done = [
        Done(op.t_invoke_s + objectives.ack_s if op.t_end_s is None else op.t_end_s, op)
        for op in history.ops("submit", "repay")
        if not own_doing(op, objectives)
    ]
    within = [one for one in done if since_s <= one.t_s <= history.t_load_end_s]
    return sorted(within, key=lambda one: (one.t_s, one.op.index))


def _last_bad(done: list[Done]) -> Done | None:
    """The last failure that lies in a window with too few ok completions."""
    last_bad = failure = None
    oldest = ok = 0
    for newest, one in enumerate(done):
        ok += one.ok
        failure = failure if one.ok else one
        while done[oldest].t_s <= one.t_s - WINDOW_S:
            ok -= done[oldest].ok
            oldest += 1
        if ok < OK_RATIO_MIN * (newest - oldest + 1):
            last_bad = failure
    return last_bad

"""Numbers of a run that goes on, from its events, each of them read once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.clock import NS
from harness.experiment import Experiment
from harness.fault_windows import injection_of
from harness.history import COMPLETIONS, Event
from harness.model import Outcome, Phase
from harness.stats import quantile

WINDOW_S = 5.0  # chosen: what rate, errors and p99 look back on


@dataclass(frozen=True)
class Reading:
    """A run at one instant.

    Args:
        phase: "" before the load.
        left_s: until the phase is to end; None where nobody knows.
        rate: operations a second over the last 5 s.
        errors: of them, those that did not end ok.
        p99_s: of those that did; None without any.
        done, failed: since the beginning.
        read: how many last reads were answered, once the load is over.
        active: faults.
    """

    t_s: float
    phase: str
    left_s: float | None
    rate: float
    errors: int
    p99_s: float | None
    done: int
    failed: int
    read: int
    active: tuple[str, ...]


@dataclass
class Meter:
    """Reads the events of a run as they come.

    Args:
        events: grows.
    """

    experiment: Experiment
    events: Sequence[Event]
    phase: str = ""
    done: int = 0
    failed: int = 0
    read: int = 0
    _taken: int = 0
    _due: dict[str, int] = field(default_factory=dict)
    _recent: deque[tuple[float, bool, float]] = field(default_factory=deque)
    _active: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def look(self, t_s: float) -> Reading:
        """The numbers at `t_s`."""
        while self._taken < len(self.events):
            self._take(self.events[self._taken])
            self._taken += 1
        while self._recent and self._recent[0][0] < t_s - WINDOW_S:
            self._recent.popleft()
        took = [latency_s for _, ok, latency_s in self._recent if ok]
        window_s = min(WINDOW_S, max(t_s, 1.0))
        return Reading(
            t_s=t_s,
            phase=self.phase,
            left_s=self._left_s(t_s),
            rate=len(self._recent) / window_s,
            errors=len(self._recent) - len(took),
            p99_s=quantile(took, 0.99) if took else None,
            done=self.done,
            failed=self.failed,
            read=self.read,
            active=tuple(self._active.values()),
        )

    def _take(self, event: Event) -> None:
        if event.src == "client":
            self._take_operation(event)
        elif event.src == "nemesis":
            self._take_fault(event)
        elif event.f == "phase":
            self.phase = event.k

    def _take_operation(self, event: Event) -> None:
        if event.type == "invoke":
            self._due[event.p] = event.t if event.due is None else event.due
        elif event.type in COMPLETIONS:
            due = self._due.pop(event.p, event.t)
            if self.phase == Phase.SETTLED:
                self.read += 1
                return
            ok = event.type == Outcome.OK
            self.done += 1
            self.failed += not ok
            self._recent.append((event.t_s, ok, (event.t - due) / NS))

    def _take_fault(self, event: Event) -> None:
        action = event.v.get("action")
        if action == "inject" and event.type == Outcome.OK:
            self._active[injection_of(event)] = f"{event.f} at {event.k}"
        elif action == "heal" and event.type == Outcome.OK:
            self._active.pop(injection_of(event), None)

    def _left_s(self, t_s: float) -> float | None:
        ends = {
            Phase.BASELINE: self.experiment.baseline_s,
            Phase.FAULT: self.experiment.healed_at_s,
            Phase.LOAD: self.experiment.load_s,
            Phase.RECOVERY: self.experiment.load_s,
        }
        end_s = next((s for phase, s in ends.items() if phase == self.phase), None)
        return None if end_s is None else max(0.0, end_s - t_s)

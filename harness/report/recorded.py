"""What a run left, as a report needs it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.experiment import Experiment
from harness.history import History
from harness.target import Target


@dataclass(frozen=True)
class Recorded:
    """A run that is over, or died.

    Args:
        history: empty when nothing was recorded.
    """

    experiment: Experiment
    target: Target
    history: History

    @property
    def length_s(self) -> float:
        """Until the last event."""
        return self.history.events[-1].t_s if self.history.events else 0.0

"""Fixed limits on what users feel, as most alert rules are written."""

from __future__ import annotations

from collections.abc import Sequence

from harness.detector import Sample, Watch

LIMITS = {"failed": 0.05, "degraded": 0.2, "p99_s": 1.0, "waiting_s": 2.0}  # chosen


class Limits:
    """How much of its limit the worst signal has used."""

    name = "limits"

    def learn(self, quiet: Sequence[Sequence[Sample]]) -> None:
        """Nothing: the limits are a decision."""

    def watch(self) -> Watch:
        """Each sample by itself."""
        return lambda sample: max(
            sample.values.get(name, 0.0) / limit for name, limit in LIMITS.items()
        )


DETECTOR = Limits

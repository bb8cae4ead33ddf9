"""What ends a load, whatever holds it up: the kernel's alarm."""

from __future__ import annotations

import os
import signal

from harness.load.command import START_S

LEAST_S = 0.1
START_S_MAX = 30.0  # chosen, not measured: from the start to the zero of the run clock


def start_s() -> float:
    """How long a load may take until it begins; longer where workers of other machines join."""
    return float(os.environ.get(START_S, START_S_MAX))


def end_after(seconds: float) -> None:
    """End this process so much later; takes the place of what was set before."""
    signal.setitimer(signal.ITIMER_REAL, max(LEAST_S, seconds))

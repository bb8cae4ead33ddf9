"""What ends a load, whatever holds it up: the kernel's alarm, and the death of its parent."""

from __future__ import annotations

import ctypes
import os
import signal

from harness.load.command import START_S

LEAST_S = 0.1
START_S_MAX = 30.0  # chosen, not measured: from the start to the zero of the run clock
PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def start_s() -> float:
    """How long a load may take until it begins; longer where workers of other machines join."""
    return float(os.environ.get(START_S, START_S_MAX))


def end_after(seconds: float) -> None:
    """End this process so much later; takes the place of what was set before."""
    signal.setitimer(signal.ITIMER_REAL, max(LEAST_S, seconds))


def die_with_parent() -> None:
    """End this process when the one that forked it ends, by whatever signal."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

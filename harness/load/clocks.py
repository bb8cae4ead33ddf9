"""The clock of another machine: how far its monotonic clock is ahead of ours.

Monotonic clocks count from the start of a machine, so that they agree within one boot and mean
nothing elsewhere. Of several exchanges the quickest is believed (F. Cristian, 1989): the error is
at most half of what it took.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

EXCHANGES = 8  # chosen: one of so many meets no queue


def boot_id() -> str:
    """Of this machine since it was started; containers share it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def ahead_ns(ask: Callable[[int], int], now_ns: Callable[[], int]) -> int:
    """How far another clock is ahead of ours, ns.

    Args:
        ask: is told our time, gives the other clock's.
        now_ns: our clock.
    """
    best_ns, ahead = None, 0
    for _ in range(EXCHANGES):
        sent_ns = now_ns()
        theirs_ns = ask(sent_ns)
        took_ns = now_ns() - sent_ns
        if best_ns is None or took_ns < best_ns:
            best_ns, ahead = took_ns, theirs_ns - (sent_ns + took_ns // 2)
    return ahead

"""How often the service under test called each third party, by the counters that it shows."""

from __future__ import annotations

from collections import Counter

from harness.history import History
from harness.reporting import GAUGES, calls_group
from harness.target import Target


def calls(history: History, target: Target) -> dict[str, int]:
    """Third party -> calls while it was watched; {} where the target does not say who counts.

    A counter that falls began anew: its program was started again.
    """
    group, last = calls_group(target), Counter[str]()
    found: Counter[str] = Counter()
    for event in history.of("service"):
        if event.f != GAUGES:
            continue
        for name, value in event.v.get(group, {}).items():
            count = int(value)
            found[name] += count - last[name] if count >= last[name] else count
            last[name] = count
    return dict(found)

"""What each program of a run took of the machine: a leak shows from one end to the other."""

from __future__ import annotations

from collections.abc import Sequence

from harness.history import Event, History
from harness.json_types import JsonDict
from harness.metered import GOT, MEMORY, OPEN, WAITED, usage
from harness.stats import quantile

END = 0.1  # share of the readings that stand for the beginning, and for the end; chosen


def programs(history: History) -> list[JsonDict]:
    """Of each program its memory in MiB and its open files (medians of the first and the last
    tenth, the peak), and its mean processor time and wait for it in cores; [] where nobody knows.
    """
    readings = usage(history)
    names = dict.fromkeys(name for event in readings for name in event.v.get(MEMORY, {}))
    return [
        {
            "program": name,
            "memory_mib": _course(_column(readings, MEMORY, name)),
            "open_files": _course(_column(readings, OPEN, name)),
            "processor_cores": _mean(_column(readings, GOT, name)),
            "waited_cores": _mean(_column(readings, WAITED, name)),
        }
        for name in names
    ]


def _column(readings: Sequence[Event], group: str, name: str) -> list[float]:
    values = (event.v.get(group, {}).get(name) for event in readings)
    return [float(value) for value in values if value is not None]


def _course(values: Sequence[float]) -> JsonDict:
    count = max(1, round(END * len(values)))
    first, last = (round(quantile(part, 0.5), 1) for part in (values[:count], values[-count:]))
    return {"begin": first, "end": last, "peak": max(values)}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)

"""The reference service's counters: lines `name{label="value",...} number` of Prometheus' text
format. A line that is none, or has a number without an end, says nothing.

The service under test has written them: no pattern here looks further than a line, or twice at the
same word, so that a page takes the harness no longer than its length.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

_SAMPLE = re.compile(r"^(\w+)(?:\{([^}\n]*)\})? ([0-9.eE+-]{1,40})(?= |$)", re.MULTILINE)
_LABEL = re.compile(r'\b(\w+)="([^"]*)"')


def samples(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    """Name, labels and value of each line."""
    for found in _SAMPLE.finditer(text):
        try:
            value = float(found[3])
        except ValueError:
            continue
        if math.isfinite(value):
            yield found[1], dict(_LABEL.findall(found[2] or "")), value

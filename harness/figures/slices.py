"""A run in slices of time: not too many of them, however long it was."""

from __future__ import annotations

import math

SLICES_MAX = 100  # chosen: a slice is a few pixels wide, a table can still be read
WIDTHS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200)


def width_for(length_s: float) -> float:
    """The narrowest slice of which a run has not too many."""
    for width_s in WIDTHS_S:
        if length_s <= width_s * SLICES_MAX:
            return width_s
    return math.ceil(length_s / SLICES_MAX / 3600) * 3600.0


def slices(length_s: float, width_s: float) -> int:
    """How many slices cover a run; at least one."""
    return max(1, math.ceil(round(length_s / width_s, 6)))

"""What could not be written down at once is forgotten."""

from __future__ import annotations

from typing import Any

from harness.self_test.defects import Defect, Swap
from lending_service.mode_trail import ModeTrail

written = ModeTrail._written


async def once(trail: Any, head: Any) -> Any:
    """Tried, and given up whatever came of it."""
    try:
        return await written(trail, head)
    finally:
        trail._noted.clear()


DEFECT = Defect(
    name="changes_dropped_without_records",
    about="A change of a mode while the records are away is in no record afterwards.",
    expects=("mode_changes_are_kept",),
    swaps=(Swap(ModeTrail, "_written", once),),
    first="x44_standby_off",
)

"""An old limit is shown as if it were fresh."""

from __future__ import annotations

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service import handlers
from lending_service.context import Context
from lending_service.limits import Limit, read_limit


async def unmarked(parts: Context, borrower: str) -> Limit | None:
    """Any limit, as live."""
    limit = await read_limit(parts, borrower)
    return limit and replace(limit, source="live", as_of_s=parts.clock.now_s())


DEFECT = Defect(
    name="stale_limit_unmarked",
    about="A remembered limit is shown without its mark and age while the risk engine is down.",
    expects=("limit_fresh_or_marked",),
    swaps=(Swap(handlers, "read_limit", unmarked),),
)

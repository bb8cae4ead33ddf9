"""Nothing known is shown as nothing available."""

from __future__ import annotations

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service import handlers
from lending_service.context import Context
from lending_service.limits import Limit, read_limit


async def or_zero(parts: Context, borrower: str) -> Limit | None:
    """The live limit, or 0."""
    limit = await read_limit(parts, borrower)
    return limit if limit is None or limit.source == "live" else replace(limit, available_minor=0)


DEFECT = Defect(
    name="unknown_limit_is_zero",
    about="The limit reads 0 while the risk engine is down.",
    expects=("limit_fresh_or_marked",),
    swaps=(Swap(handlers, "read_limit", or_zero),),
)

"""A write that failed is answered like one that did not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness.self_test.defects import Defect, Swap
from lending_service.intake import Intake, Taken
from lending_service.stores.port import StoreUnavailable, Tx

once = Intake._once


async def all_is_well(
    self: Intake, key: str, raw: bytes, reply: Taken, take: Callable[[Tx], Awaitable[None]]
) -> Taken:
    """Answer, whatever the store said."""
    try:
        return await once(self, key, raw, reply, take)
    except StoreUnavailable:
        return reply


DEFECT = Defect(
    name="acknowledged_though_not_written",
    about="An error of the database is swallowed and the request acknowledged.",
    expects=("acknowledged_is_kept",),
    swaps=(Swap(Intake, "_once", all_is_well),),
)

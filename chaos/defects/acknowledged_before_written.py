"""The answer goes out before the request is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harness.self_test.defects import Defect, Swap
from lending_service.domain import KeyRecord
from lending_service.intake import Intake, Taken
from lending_service.stores.port import Tx

once = Intake._once


async def answer_first(
    self: Intake, key: str, raw: bytes, reply: Taken, take: Callable[[Tx], Awaitable[None]]
) -> Taken:
    """Answer at once, and write in the background, for better or worse."""
    if await self._parts.store.read(KeyRecord, key) is not None:
        return await once(self, key, raw, reply, take)
    writing = asyncio.get_running_loop().create_task(once(self, key, raw, reply, take))
    writing.add_done_callback(lambda task: task.cancelled() or task.exception())
    return reply


DEFECT = Defect(
    name="acknowledged_before_written",
    about="Applications and repayments are acknowledged before they are durable.",
    expects=("acknowledged_is_kept",),
    swaps=(Swap(Intake, "_once", answer_first),),
)

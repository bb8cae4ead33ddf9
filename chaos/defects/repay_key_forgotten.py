"""The keys of repayments are forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness.self_test.defects import Defect, Swap
from lending_service.intake import Intake, Taken
from lending_service.stores.port import Tx

once = Intake._once


async def repay_always(
    self: Intake, key: str, raw: bytes, reply: Taken, take: Callable[[Tx], Awaitable[None]]
) -> Taken:
    """A repayment is taken in each time that it is sent."""
    if key.startswith("repay:"):
        async with self._parts.store.transaction() as tx:
            await take(tx)
        return reply
    return await once(self, key, raw, reply, take)


DEFECT = Defect(
    name="repay_key_forgotten",
    about="A repayment that is sent again because its reply was lost is debited twice.",
    expects=("debits_match_repayments", "same_key_same_result"),
    swaps=(Swap(Intake, "_once", repay_always),),
)

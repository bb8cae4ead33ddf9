"""A gateway that is back is asked for what another has already paid."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.money import Money


async def nowhere_else(money: Money, tx: object, order: object, request_id: str) -> None:
    """Look at this gateway's own records alone."""


DEFECT = Defect(
    name="other_gateway_forgotten",
    about="After a failover that was not written down, the first gateway is asked again.",
    expects=("no_double_payout", "debits_match_repayments"),
    swaps=(Swap(Money, "_elsewhere", nowhere_else),),
    first="x78_killed_in_failover",
)

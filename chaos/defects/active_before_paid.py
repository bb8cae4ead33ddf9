"""A payout without a reply is taken for one that was made."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Payment
from lending_service.payouts import Payouts
from lending_service.stores.port import Tx


async def taken_as_paid(self: Payouts, tx: Tx, payment: Payment, *, manual: bool) -> None:
    """It will have worked."""
    await self.paid(tx, payment)


DEFECT = Defect(
    name="active_before_paid",
    about="A loan is active as soon as its payout was sent, whether or not it arrived.",
    expects=("active_means_paid",),
    swaps=(Swap(Payouts, "doubted", taken_as_paid),),
)

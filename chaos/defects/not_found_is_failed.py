"""A gateway that does not know a request yet is believed at once."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Payment
from lending_service.upstreams import Found, PaymentGateway

inquire = PaymentGateway.inquire


async def at_once(self: PaymentGateway, payment: Payment) -> Found:
    """Never seen is failed."""
    found = await inquire(self, payment)
    return "failed" if found == "not_found" else found


DEFECT = Defect(
    name="not_found_is_failed",
    about="The first inquiry that finds nothing makes the payout failed, and it is made elsewhere.",
    expects=("no_double_payout",),
    swaps=(Swap(PaymentGateway, "inquire", at_once),),
)

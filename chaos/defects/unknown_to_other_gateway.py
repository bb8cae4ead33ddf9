"""A lost reply is taken for a refused call."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service.domain import Payment
from lending_service.upstreams import PaymentGateway, PayResult

pay = PaymentGateway.pay


async def unknown_is_refused(self: PaymentGateway, payment: Payment) -> PayResult:
    """Whatever brought no reply was not sent."""
    result = await pay(self, payment)
    return "refused" if result == "unknown" else result


DEFECT = Defect(
    name="unknown_to_other_gateway",
    about="A payout whose result is unknown is sent to the other gateway.",
    expects=("no_double_payout",),
    swaps=(Swap(PaymentGateway, "pay", unknown_is_refused),),
)

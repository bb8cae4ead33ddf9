"""A callback that names another amount is taken at its word."""

from __future__ import annotations

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service import callbacks
from lending_service.context import Context
from lending_service.domain import Payment, Repayment
from lending_service.money import Money
from lending_service.replies import Callback

take_in = callbacks.take_in


async def believe(parts: Context, money: Money, told: Callback) -> None:
    """The amount it names is the amount."""
    async with parts.store.transaction() as tx:
        payment = await tx.get(Payment, told.request_id)
        if payment is not None:
            told_payment = replace(payment, amount_minor=told.amount_minor)
            await tx.put(told_payment)
            repayment = await tx.get(Repayment, payment.owner)
            if repayment is not None:
                await tx.put(replace(repayment, amount_minor=told.amount_minor))
    await take_in(parts, money, told)


DEFECT = Defect(
    name="callback_amount_believed",
    about="A callback with a wrong amount changes the amount of the repayment.",
    expects=("debits_match_repayments",),
    swaps=(Swap(callbacks, "take_in", believe),),
)

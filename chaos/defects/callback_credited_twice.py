"""A callback credits what a reply has credited already."""

from __future__ import annotations

from harness.self_test.defects import Defect, Swap
from lending_service import callbacks
from lending_service.context import Context
from lending_service.domain import Loan, Payment, Repayment, credit
from lending_service.money import Money
from lending_service.replies import Callback

take_in = callbacks.take_in


async def take_in_again(parts: Context, money: Money, told: Callback) -> None:
    """Credit what it speaks of, known or not."""
    await take_in(parts, money, told)
    async with parts.store.transaction() as tx:
        payment = await tx.get(Payment, told.request_id)
        repayment = await tx.get(Repayment, payment.owner) if payment else None
        loan = await tx.get(Loan, repayment.loan_id) if repayment else None
        if loan is not None and loan.outstanding_minor > told.amount_minor:
            await tx.put(credit(loan, told.amount_minor))


DEFECT = Defect(
    name="callback_credited_twice",
    about="A debit is credited to the loan once for its reply and once more for each callback.",
    expects=("loans_add_up",),
    swaps=(Swap(callbacks, "take_in", take_in_again),),
)

"""A borrower pays for our outage."""

from __future__ import annotations

from msgspec.structs import replace

from harness.self_test.defects import Defect, Swap
from lending_service.debits import Debits
from lending_service.domain import Loan, Payment, Repayment
from lending_service.stores.port import Tx

doubted = Debits.doubted
PENALTY_MINOR = 1_000


async def fine(self: Debits, tx: Tx, payment: Payment, *, manual: bool) -> None:
    """What waits is late, and late costs money."""
    await doubted(self, tx, payment, manual=manual)
    repayment = await tx.get(Repayment, payment.owner)
    loan = await tx.get(Loan, repayment.loan_id, lock=True) if repayment else None
    if loan is not None:
        await tx.put(replace(loan, penalties_minor=loan.penalties_minor + PENALTY_MINOR))


DEFECT = Defect(
    name="penalty_for_our_outage",
    about="A repayment whose debit is unknown through our fault costs the borrower a penalty.",
    expects=("loans_add_up",),
    swaps=(Swap(Debits, "doubted", fine),),
)

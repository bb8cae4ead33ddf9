"""What debits mean for repayments and loans, and the work on one repayment."""

from __future__ import annotations

from lending_service.context import Context
from lending_service.domain import Loan, Payment, Repayment, credit, move_repayment, promise
from lending_service.money import Money, PaymentOrder
from lending_service.stores.port import Tx


def debit_order(repayment: Repayment) -> PaymentOrder:
    """The debit of a repayment; the repayment id is request id and business key."""
    return PaymentOrder(
        kind="debit",
        key=repayment.id,
        owner=repayment.id,
        reference=repayment.id,
        amount_minor=repayment.amount_minor,
        party=repayment.borrower,
    )


class Debits:
    """Owner of debits: a repayment is credited in the transaction that learns of the money."""

    def __init__(self, parts: Context) -> None:
        self._parts = parts

    async def lock(self, tx: Tx, owner: str) -> None:
        """Lock the repayment."""
        await tx.get(Repayment, owner, lock=True)

    async def opening(self, tx: Tx, order: PaymentOrder) -> bool:
        """Only a repayment that is still to be collected."""
        repayment = await tx.get(Repayment, order.owner, lock=True)
        return repayment is not None and repayment.status in ("accepted", "queued")

    async def paid(self, tx: Tx, payment: Payment) -> None:
        """Credit it, once."""
        repayment = await self._open(tx, payment.owner)
        if repayment is not None:
            await self._parts.save(tx, move_repayment(repayment, "credited"))
            await tx.put(credit(await self._loan(tx, repayment), repayment.amount_minor))

    async def doubted(self, tx: Tx, payment: Payment, *, manual: bool) -> None:
        """The borrower has done their part: the repayment waits, its effective date stands."""
        repayment = await self._open(tx, payment.owner)
        if repayment is not None:
            await self._parts.save(tx, move_repayment(repayment, "queued"))

    async def resume(self, tx: Tx, payment: Payment) -> None:
        """Back to work on the repayment."""
        await tx.enqueue("debit", payment.owner, self._parts.clock.now_s())

    async def wait(self, repayment_id: str) -> None:
        """No gateway can be reached: queued."""
        async with self._parts.store.transaction() as tx:
            repayment = await self._open(tx, repayment_id)
            if repayment is not None:
                await self._parts.save(tx, move_repayment(repayment, "queued"))

    async def fail(self, repayment_id: str) -> None:
        """Every gateway said no: the loan no longer counts on it."""
        async with self._parts.store.transaction() as tx:
            repayment = await self._open(tx, repayment_id)
            if repayment is not None:
                await self._parts.save(tx, move_repayment(repayment, "failed"))
                loan = await self._loan(tx, repayment)
                await tx.put(promise(loan, -repayment.amount_minor))

    async def _open(self, tx: Tx, repayment_id: str) -> Repayment | None:
        """The repayment, locked, if it is neither credited nor failed."""
        repayment = await tx.get(Repayment, repayment_id, lock=True)
        open_ = repayment is not None and repayment.status in ("accepted", "queued")
        return repayment if open_ else None

    async def _loan(self, tx: Tx, repayment: Repayment) -> Loan:
        loan = await tx.get(Loan, repayment.loan_id, lock=True)
        assert loan is not None, repayment.loan_id
        return loan


async def collect(parts: Context, money: Money, debits: Debits, id_: str, n: int) -> float | None:
    """Work on one repayment.

    Args:
        n: how often it has been worked on, this time included.

    Returns:
        seconds until it is to be tried again, or None.
    """
    repayment = await parts.store.read(Repayment, id_)
    if repayment is None:
        raise LookupError(f"repayment {id_}: no such record; repayments are never removed")
    result = await money.run(debit_order(repayment))
    if result == "failed":
        await debits.fail(id_)
    if result != "refused":
        return None
    await debits.wait(id_)
    return parts.pause_s(parts.design.queue_gap_s, parts.design.queue_gap_cap_s, n)

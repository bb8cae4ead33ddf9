"""What payouts mean for applications and loans."""

from __future__ import annotations

from msgspec.structs import replace

from lending_service.context import Context
from lending_service.domain import Application, AppState, Loan, Payment, activate, instalments
from lending_service.money import PaymentOrder
from lending_service.stores.port import Tx

S = AppState
PAYABLE = (S.RESERVED, S.PAYING, S.PAYMENT_FAILED)
WAITING = (S.PAYING, S.PAYMENT_UNKNOWN, S.MANUAL)


def payout_order(app: Application) -> PaymentOrder:
    """The payout of an application; its loan id is the business key."""
    loan_id = loan_id_of(app)
    return PaymentOrder(
        kind="payout",
        key=f"pay-{loan_id}",
        owner=app.id,
        reference=loan_id,
        amount_minor=app.amount_minor,
        party=app.borrower,
    )


def loan_id_of(app: Application) -> str:
    """The id that the application's loan has or would have."""
    return "loan-" + app.id.removeprefix("app-")


class Payouts:
    """Owner of payouts: the application and its loan change with the payment, or not at all."""

    def __init__(self, parts: Context) -> None:
        self._parts = parts

    async def lock(self, tx: Tx, owner: str) -> None:
        """Lock the application."""
        await tx.get(Application, owner, lock=True)

    async def opening(self, tx: Tx, order: PaymentOrder) -> bool:
        """The application moves to `paying`, and its loan exists from now on."""
        app = await tx.get(Application, order.owner, lock=True)
        if app is None or not (app.state in PAYABLE or app.resume == S.PAYING):
            return False
        if app.state != S.PAYING:
            app = replace(self._parts.move(app, S.PAYING), loan_id=order.reference)
            await self._parts.save(tx, app)
            await tx.add(self._loan(app, order.reference))
        return True

    async def paid(self, tx: Tx, payment: Payment) -> None:
        """Loan and application become active, and the funder will be told."""
        app = await self._app(tx, payment)
        if app.state not in WAITING:
            return  # only a design that pays without looking comes here
        loan = await tx.get(Loan, payment.reference, lock=True)
        assert loan is not None, payment.reference
        await tx.put(activate(loan))
        await self._parts.save(tx, self._parts.move(app, S.ACTIVE))
        if app.reservation_id is not None:
            await tx.enqueue("commit", app.reservation_id, self._parts.clock.now_s())

    async def doubted(self, tx: Tx, payment: Payment, *, manual: bool) -> None:
        """The borrower reads that the result is being asked for."""
        app = await self._app(tx, payment)
        if app.state not in WAITING:
            return
        if manual or app.state == S.MANUAL:
            await self._parts.save(tx, self._parts.move(app, S.MANUAL))
        else:
            await self._parts.save(tx, self._parts.move(app, S.PAYMENT_UNKNOWN))

    async def resume(self, tx: Tx, payment: Payment) -> None:
        """The pipeline goes on: another gateway, or back."""
        app = await self._app(tx, payment)
        if app.state in WAITING:
            await self._parts.save(tx, self._parts.move(app, S.PAYMENT_FAILED))
            await tx.enqueue("application", app.id, self._parts.clock.now_s())

    async def _app(self, tx: Tx, payment: Payment) -> Application:
        app = await tx.get(Application, payment.owner, lock=True)
        assert app is not None, payment.owner
        return app

    def _loan(self, app: Application, loan_id: str) -> Loan:
        return Loan(
            id=loan_id,
            application_id=app.id,
            borrower=app.borrower,
            status="pending",
            principal_minor=app.amount_minor,
            outstanding_minor=app.amount_minor,
            schedule=instalments(app.amount_minor, app.term_months, self._parts.clock.now_s()),
        )

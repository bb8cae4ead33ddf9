"""What gateways tell of their own accord: believed only when it fits what was asked."""

from __future__ import annotations

from lending_service.context import Context
from lending_service.domain import Payment
from lending_service.money import Money
from lending_service.replies import Callback, Problem
from lending_service.upstreams import CURRENCY, STATUSES


async def take_in(parts: Context, money: Money, told: Callback) -> None:
    """Settle the payment that the callback speaks of; a second time changes nothing.

    Raises:
        Problem: 422, it does not fit what was asked; nothing is changed.
    """
    payment = await parts.store.read(Payment, told.request_id)
    wrong = _wrong(payment, told)
    if payment is None or wrong:
        raise Problem(422, "does_not_fit", f"Callback refused: {wrong}.", None, told.request_id)
    status = STATUSES.get(told.status)
    # A payment in doubt is asked about anyway, and the answer to a question is the newer word.
    believes = parts.design.failed_payment == "believe"
    if status == "success" or (status == "failed" and believes):
        parts.payments.learn(payment.id, told.settled_s)
        await money.settle(payment.id, status, resume=True)


def _wrong(payment: Payment | None, told: Callback) -> str:
    """What does not fit, or nothing."""
    if payment is None:
        return f"request_id {told.request_id!r} was never sent"
    pairs = (
        ("gateway", told.gateway, payment.gateway),
        ("kind", told.kind, payment.kind),
        ("reference", told.reference, payment.reference),
        ("amount_minor", told.amount_minor, payment.amount_minor),
        ("currency", told.currency, CURRENCY),
    )
    return ", ".join(
        f"{field} is {got!r} and was {asked!r}" for field, got, asked in pairs if got != asked
    )

"""External money calls, payouts and debits alike.

    written down (unknown) -> called -> success | failed | refused (definite), or still unknown
                                                                     |
                              inquiry, same request id, same gateway <+

The record comes before the call, so that whatever ends this process, the next one knows that money
may have moved. Only after a definite failure is another gateway used, under an id of its own.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec
from msgspec.structs import replace

from lending_service.context import Context
from lending_service.domain import Payment, PaymentKind, PaymentStatus
from lending_service.stores.port import Tx
from lending_service.upstreams import PayResult

RunResult = PaymentStatus | Literal["barred"]


class PaymentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Money to be moved. `key` is the first request id; see `Payment` for the rest."""

    kind: PaymentKind
    key: str
    owner: str
    reference: str
    amount_minor: int
    party: str


class Owner(Protocol):
    """What a payment belongs to, told of its fate inside the transaction that records it."""

    async def lock(self, tx: Tx, owner: str) -> None:
        """Keep everybody else from the owner until the transaction ends."""

    async def opening(self, tx: Tx, order: PaymentOrder) -> bool:
        """Whether money may be moved for the owner now; it is marked so."""

    async def paid(self, tx: Tx, payment: Payment) -> None:
        """The money moved."""

    async def doubted(self, tx: Tx, payment: Payment, *, manual: bool) -> None:
        """Nobody knows yet whether it did."""

    async def resume(self, tx: Tx, payment: Payment) -> None:
        """It definitely did not, and nobody is at work on the owner: see to it that one is."""


class Money:
    """Moves money as the design says.

    Args:
        owners: by kind of payment.
    """

    def __init__(self, parts: Context, owners: dict[PaymentKind, Owner]) -> None:
        self._parts = parts
        self._owners = owners
        self.late_successes = 0

    async def run(self, order: PaymentOrder) -> RunResult:
        """Try to move the money, over gateways when the design allows.

        Returns:
            success; unknown (an inquiry is under way); failed (every gateway said no); refused
            (nothing was sent, worth another try later); barred (the owner does not want it).
        """
        failover = self._parts.design.payment_failover == "definite_only"
        gateways = self._parts.gateways if failover else self._parts.gateways[:1]
        seen: list[RunResult] = []
        for place, gateway in enumerate(gateways):
            status = await self._at(order, gateway, _key(order, place, gateway))
            if status not in ("failed", "refused"):
                return status
            seen.append(status)
        return "refused" if "refused" in seen else "failed"

    async def settle(
        self, payment_id: str, status: PaymentStatus, *, resume: bool = False
    ) -> PaymentStatus:
        """Record what became of a payment; whoever is first with a final word wins.

        Args:
            resume: nobody waits for this answer, so the owner's work must be taken up again.

        Returns:
            the status that now stands.
        """
        async with self._parts.store.transaction() as tx:
            seen = await _payment(tx, payment_id)
            owner = self._owners[seen.kind]
            await owner.lock(tx, seen.owner)
            payment = await _payment(tx, payment_id, lock=True)
            settled_s = self._parts.payments.settled_s.pop(payment_id, None)
            payment = replace(payment, settled_s=settled_s)
            if payment.status != "unknown":
                return await self._late(tx, payment, status)
            payment = replace(payment, status=status)
            await tx.put(payment)
            if status == "success":
                await owner.paid(tx, payment)
            elif status == "unknown":
                await self._doubt(tx, payment)
            elif resume:
                await owner.resume(tx, payment)
        return status

    async def inquire(self, payment_id: str) -> float | None:
        """Ask what became of an unknown payment.

        Returns:
            seconds until the next inquiry, or None when it is settled.
        """
        payment = await self._parts.store.read(Payment, payment_id)
        if payment is None or payment.status != "unknown":
            return None
        found = await self._parts.payments.inquire(payment)
        if found in ("success", "failed"):
            await self.settle(payment_id, found, resume=True)
            return None
        payment, again = await self._asked(payment_id, found == "not_found")
        if again:
            return await self._again(payment)
        return self._gap_s(payment)

    async def _again(self, payment: Payment) -> float | None:
        """Send a payment again that its gateway denies, if its books do not hold it either.

        A gateway that has forgotten the id would move the money a second time.
        """
        held = await self._parts.payments.statement(payment)
        if held == "success":
            await self.settle(payment.id, "success", resume=True)
            return None
        if held == "not_found":
            result = self._read(await self._parts.payments.pay(payment))
            if result in ("success", "failed"):
                await self.settle(payment.id, result, resume=True)
                return None
        return self._gap_s(payment)

    async def _at(self, order: PaymentOrder, gateway: str, key: str) -> RunResult:
        """One gateway, with the tries that the design allows there."""
        each = self._parts.design.payout_key == "attempt"

        async def once(n: int) -> RunResult:
            request_id = f"{key}-{n}" if each else key
            opened = await self._open(order, gateway, request_id, blind=each and n > 1)
            if not isinstance(opened, Payment):
                return opened
            return await self.settle(request_id, self._read(await self._parts.payments.pay(opened)))

        def again(status: RunResult) -> bool:
            return status == "refused" or (each and status in ("failed", "unknown"))

        return await self._parts.policy.tried(gateway, once, again)

    async def _open(
        self, order: PaymentOrder, gateway: str, request_id: str, *, blind: bool
    ) -> Payment | RunResult:
        """Write the call down; the payment to be sent, or why none is.

        Args:
            blind: send without looking, as a retry loop does that knows only its own tries.
        """
        async with self._parts.store.transaction() as tx:
            if not blind and not await self._owners[order.kind].opening(tx, order):
                return "barred"
            if (elsewhere := await self._elsewhere(tx, order, request_id)) is not None:
                return elsewhere
            known = await tx.get(Payment, request_id, lock=True)
            if known is not None and known.status == "unknown":
                await self._doubt(tx, known)  # a process ended between the record and the reply
                return "unknown"
            if known is not None and known.status != "refused":
                return known.status
            payment = Payment(
                id=request_id,
                kind=order.kind,
                owner=order.owner,
                reference=order.reference,
                gateway=gateway,
                amount_minor=order.amount_minor,
                party=order.party,
                created_s=self._parts.clock.now_s(),
                attempts=1 if known is None else known.attempts + 1,
            )
            await tx.put(payment)
        return payment

    async def _elsewhere(self, tx: Tx, order: PaymentOrder, request_id: str) -> RunResult | None:
        """What another gateway has done, or may have: one that can be reached again must not move
        the money once more."""
        for place, gateway in enumerate(self._parts.gateways):
            other = await tx.get(Payment, _key(order, place, gateway), lock=True)
            if other is None or other.id == request_id:
                continue
            if other.status == "unknown":
                await self._doubt(tx, other)
            if other.status in ("unknown", "success", "late_success"):
                return other.status
        return None

    def _read(self, result: PayResult) -> PaymentStatus:
        """What a result is taken for; to take silence for a failure is the naive mistake."""
        if result == "processing":
            return "unknown"
        if result == "unknown" and self._parts.design.unknown_payment == "fail":
            return "failed"
        return result

    async def _doubt(self, tx: Tx, payment: Payment) -> None:
        await self._owners[payment.kind].doubted(tx, payment, manual=False)
        due_s = self._parts.clock.now_s() + self._parts.design.inquiry_first_delay_s
        await tx.enqueue("inquire", payment.id, due_s)

    async def _late(self, tx: Tx, payment: Payment, status: PaymentStatus) -> PaymentStatus:
        """A word after the final one changes nothing, but money that moved after all is noted."""
        if status == "success" and payment.status in ("failed", "refused"):
            self.late_successes += 1
            await tx.put(replace(payment, status="late_success"))
        return payment.status

    async def _asked(self, payment_id: str, not_found: bool) -> tuple[Payment, bool]:
        """Count an inquiry without an answer; the payment, and whether to send it again.

        Sent again is the same id at the same gateway, and only once the gateway has said often
        enough, and late enough, that it never saw it.
        """
        design = self._parts.design
        async with self._parts.store.transaction() as tx:
            seen = await _payment(tx, payment_id)
            owner = self._owners[seen.kind]
            await owner.lock(tx, seen.owner)
            payment = await _payment(tx, payment_id, lock=True)
            if payment.status != "unknown":
                return payment, False
            misses = payment.not_found + 1 if not_found else 0
            age_s = self._parts.clock.now_s() - payment.created_s
            again = misses >= design.not_found_confirmations and age_s >= design.reissue_after_s
            payment = replace(
                payment,
                inquiries=payment.inquiries + 1,
                not_found=0 if again else misses,
                attempts=payment.attempts + int(again),
            )
            await tx.put(payment)
            await owner.doubted(tx, payment, manual=payment.inquiries >= design.inquiries_max)
        return payment, again

    def _gap_s(self, payment: Payment) -> float:
        design = self._parts.design
        if payment.inquiries >= design.inquiries_max:
            return design.manual_gap_s
        return self._parts.pause_s(
            design.inquiry_first_delay_s, design.inquiry_gap_cap_s, payment.inquiries + 1
        )


async def _payment(tx: Tx, payment_id: str, *, lock: bool = False) -> Payment:
    payment = await tx.get(Payment, payment_id, lock=lock)
    if payment is None:
        raise LookupError(f"payment {payment_id}: no such record; payments are never removed")
    return payment


def _key(order: PaymentOrder, place: int, gateway: str) -> str:
    """The request id at a gateway: the order's own at the first, one apart at each other."""
    return order.key if place == 0 else f"{order.key}-{gateway}"

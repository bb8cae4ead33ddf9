"""Taking in: a submission or a repayment becomes durable together with its key and task."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from lending_service.admission import Admission
from lending_service.context import Context
from lending_service.debits import Debits, collect
from lending_service.domain import (
    Application,
    AppState,
    KeyRecord,
    Loan,
    Record,
    Repayment,
    promise,
)
from lending_service.money import Money
from lending_service.pipeline import Pipeline
from lending_service.replies import Problem, Repay, Submit, accepted, encode, submitted
from lending_service.stores.port import Tx

ANSWERED = (AppState.ACTIVE, AppState.DECLINED, AppState.PAYMENT_UNKNOWN)
Taken = tuple[int, bytes]  # HTTP status and body


class Intake:
    """Takes in submissions and repayments as the design says."""

    def __init__(
        self,
        parts: Context,
        pipeline: Pipeline,
        money: Money,
        debits: Debits,
        admission: Admission,
    ) -> None:
        self._parts = parts
        self._admission = admission
        self._pipeline = pipeline
        self._money = money
        self._debits = debits

    async def submit(self, key: str, raw: bytes, body: Submit) -> Taken:
        """Take in an application.

        Raises:
            Problem: the key was used for something else, too much waits, or (sync) it could not be
                done.
        """
        await self._admission.look()
        app = await self._new_application(body)
        reply = (202, encode(submitted(app)))
        queue = self._parts.design.submit == "queue"

        async def take(tx: Tx) -> None:
            self._admission.take_in(key)  # whoever was taken in before is told so
            await self._parts.save(tx, app)
            if queue:
                await tx.enqueue("application", app.id, app.created_s)

        taken = await self._once(f"submit:{key}", raw, reply, take)
        if queue or taken is not reply:
            return taken
        await self._pipeline.process(app.id, 1)
        done = await self._parts.store.read(Application, app.id)
        if done is None or done.state not in ANSWERED:
            raise _not_done(app.id)
        return 202, encode(submitted(done))

    async def repay(self, loan_id: str, key: str, raw: bytes, body: Repay) -> Taken:
        """Take in a repayment.

        Raises:
            Problem: no such loan, more than is owed, a key used for something else, or (sync)
                it could not be collected.
        """
        repayment = await self._new_repayment(loan_id, body)
        reply = (202, encode(accepted(repayment)))
        queue = self._parts.design.repay == "queue"

        async def take(tx: Tx) -> None:
            loan = await tx.get(Loan, loan_id, lock=True)
            await tx.put(promise(_payable(loan, body, loan_id), body.amount_minor))
            await self._parts.save(tx, repayment)
            if queue:
                await tx.enqueue("debit", repayment.id, repayment.effective_at_s)

        # A key is one request's: for another loan the same amount is another request.
        taken = await self._once(f"repay:{key}", b"%s %s" % (loan_id.encode(), raw), reply, take)
        if queue or taken is not reply:
            return taken
        return await self._collect_now(repayment)

    async def _collect_now(self, repayment: Repayment) -> Taken:
        """Debit inside the request."""
        wait_s = await collect(self._parts, self._money, self._debits, repayment.id, 1)
        if wait_s is not None:
            await self._debits.fail(repayment.id)
        done = await self._parts.store.read(Repayment, repayment.id)
        if done is None or done.status == "failed":
            raise _not_done(repayment.id)
        return 202, encode(accepted(done))

    async def _once(
        self, key: str, raw: bytes, reply: Taken, take: Callable[[Tx], Awaitable[None]]
    ) -> Taken:
        """`take` and the reply under `key`, together; or the reply that was given before."""
        async with self._parts.store.transaction() as tx:
            if self._parts.design.idempotency == "enforce":
                fingerprint = hashlib.sha256(raw).hexdigest()
                first = KeyRecord(
                    id=key, fingerprint=fingerprint, status=reply[0], body=reply[1].decode()
                )
                if not await tx.add(first):
                    found = await tx.get(KeyRecord, key)
                    taken = _replay(found, fingerprint, key)
                    await tx.put(found or first)  # so that this commit waits for the standby too
                    return taken
            await take(tx)
        return reply

    async def _new_application(self, body: Submit) -> Application:
        now_s = self._parts.clock.now_s()
        app = Application(
            id=await self._free_id("app-", Application),
            borrower=body.borrower,
            segment=body.segment,
            region=body.region,
            amount_minor=body.amount_minor,
            term_months=body.term_months,
            state=AppState.ACKNOWLEDGED,
            created_s=now_s,
            updated_s=now_s,
        )
        return self._parts.explain(app)

    async def _new_repayment(self, loan_id: str, body: Repay) -> Repayment:
        loan = _payable(await self._parts.store.read(Loan, loan_id), None, loan_id)
        return Repayment(
            id=await self._free_id("rep-", Repayment),
            loan_id=loan_id,
            borrower=loan.borrower,
            amount_minor=body.amount_minor,
            status="accepted",
            effective_at_s=self._parts.clock.now_s(),
        )

    async def _free_id(self, prefix: str, kind: type[Record]) -> str:
        """An id that nothing has: after a restart the same seed throws the same dice again."""
        while True:
            id_ = f"{prefix}{self._parts.dice.getrandbits(48):012x}"
            if await self._parts.store.read(kind, id_) is None:
                return id_


def _payable(loan: Loan | None, body: Repay | None, loan_id: str) -> Loan:
    """The loan, if it exists and (with a body) owes that much beyond what is promised."""
    if loan is None:
        raise Problem(404, "no_such_loan", f"There is no loan {loan_id}.", None, loan_id)
    if body is None:
        return loan
    if loan.status == "pending":
        text = f"Loan {loan_id} has not been paid out yet; nothing is owed on it."
        raise Problem(409, "loan_not_active", text, None, loan_id)
    owed = loan.outstanding_minor - loan.promised_minor
    if body.amount_minor > owed:
        text = (
            f"The repayment is {body.amount_minor}, and {owed} is owed on loan {loan_id} beyond "
            f"repayments under way. Repay at most that."
        )
        raise Problem(422, "more_than_owed", text, None, loan_id)
    return loan


def _replay(first: KeyRecord | None, fingerprint: str, key: str) -> Taken:
    assert first is not None, key
    if first.fingerprint != fingerprint:
        text = "This Idempotency-Key was used for another request. Use a new key for a new one."
        raise Problem(409, "key_reused", text, None, key)
    return first.status, first.body.encode()


def _not_done(reference: str) -> Problem:
    text = "It could not be done now, through our fault and not yours. Please come back."
    return Problem(503, "not_done", text, 5.0, reference)

"""A payment gateway: payouts and debits by request id, inquiry, callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.types import ASGIApp

from mock_services.callbacks import Callbacks, planned
from mock_services.config import Config, options_of
from mock_services.control import control_routes
from mock_services.effects import Reply, Seconds
from mock_services.routes import Route
from mock_services.stand_in import (
    Amount,
    Id,
    Prepare,
    Prepared,
    StandIn,
    World,
    refusal,
    reused,
    routing,
)

OPS = ("create_payout", "create_debit", "inquire", "callback")


class Options(msgspec.Struct, frozen=True):
    """Where callbacks go and when; the defaults are chosen, not measured."""

    callback_url: Annotated[str, Meta(pattern="^http://")]
    callback_delay_s: Seconds = 0.1
    callback_gaps_s: tuple[Seconds, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a payout and a debit share; `reference` is the business key."""

    request_id: Id
    reference: Id
    amount_minor: Amount
    currency: Literal["CNY"]


class Payout(Transfer, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/payouts`."""

    payee: Id


class Debit(Transfer, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/debits`."""

    payer: Id


@dataclass(slots=True)
class Payment:
    """A request that was taken in, and how far it has come."""

    kind: Literal["payout", "debit"]
    body: Transfer
    status: str = "PROCESSING"
    settled_s: float | None = None


class PaymentGateway:
    """Moves money exactly when it writes a SUCCESS entry into its ledger."""

    def __init__(self, stand_in: StandIn, callbacks: Callbacks) -> None:
        """Start with no payments."""
        self._stand_in = stand_in
        self._callbacks = callbacks
        self._payments: dict[str, Payment] = {}

    def creating(self, kind: Literal["payout", "debit"], body_type: type[Transfer]) -> Prepare:
        """Take in a payout or a debit."""
        decode: Callable[[bytes], Transfer] = msgspec.json.Decoder(body_type).decode

        def prepare(params: dict[str, str], raw: bytes) -> Prepared:
            body = decode(raw)
            return body.reference, partial(self._create, kind, body)

        return prepare

    def inquiring(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Tell how far a request has come; an unknown one is keyed by its own id."""
        request_id = params["request_id"]
        payment = self._payments.get(request_id)
        key = payment.body.reference if payment else request_id
        return key, partial(self._tell, request_id)

    def _create(
        self,
        kind: Literal["payout", "debit"],
        body: Transfer,
        *,
        first: str = "SUCCESS",
        success_after_s: float | None = None,
        declined: bool = False,
    ) -> Reply:
        """Do it once; the same body again is answered with how far the first has come."""
        payment = self._payments.get(body.request_id)
        if payment is None:
            payment = self._payments[body.request_id] = Payment(kind, body)
            self._reach(payment, "FAILED" if declined else first, final=success_after_s is None)
            if success_after_s is not None:
                self._stand_in.world.spawn(self._succeed_later(payment, success_after_s))
        elif payment.body != body:
            return reused(body.request_id)
        answer = {"request_id": body.request_id, "status": payment.status}
        return Reply(200, {**answer, "settled_s": payment.settled_s})

    def _reach(self, payment: Payment, status: str, *, final: bool = True) -> None:
        """Write SUCCESS or FAILED into the ledger and, when it is the last word, announce it."""
        payment.status = status
        if status == "PROCESSING":
            return
        body = payment.body
        entry = self._stand_in.ledger.append(
            payment.kind,
            body.reference,
            body.request_id,
            body.amount_minor,
            status,
            currency=body.currency,
        )
        payment.settled_s = entry["t_s"] if status == "SUCCESS" else None
        if final:
            self._stand_in.world.spawn(self._announce(payment))

    async def _succeed_later(self, payment: Payment, delay_s: float) -> None:
        await self._stand_in.world.clock.sleep(delay_s)
        self._reach(payment, "SUCCESS")

    async def _announce(self, payment: Payment) -> None:
        body = {**self._facts(payment), "gateway": self._stand_in.name}
        body["currency"] = payment.body.currency
        plan = partial(planned, body)
        copies = await self._stand_in.act("callback", payment.body.reference, plan)
        await self._callbacks.deliver(copies.body)

    def _tell(self, request_id: str) -> Reply:
        payment = self._payments.get(request_id)
        if payment is None:
            return refusal(404, "not_found", f"{request_id} was never seen here")
        return Reply(200, self._facts(payment))

    def _facts(self, payment: Payment) -> dict[str, Any]:
        return {
            "request_id": payment.body.request_id,
            "kind": payment.kind,
            "reference": payment.body.reference,
            "amount_minor": payment.body.amount_minor,
            "status": payment.status,
        }


def build(config: Config, world: World) -> ASGIApp:
    """Make the gateway.

    Raises:
        InvalidDocument: the options are wrong.
    """
    options = options_of(config, Options)
    stand_in = StandIn(config.name, OPS, world)
    callbacks = Callbacks(
        options.callback_url, options.callback_delay_s, options.callback_gaps_s, world
    )
    gateway = PaymentGateway(stand_in, callbacks)
    payout = stand_in.endpoint("create_payout", gateway.creating("payout", Payout))
    debit = stand_in.endpoint("create_debit", gateway.creating("debit", Debit))
    inquire = stand_in.endpoint("inquire", gateway.inquiring)
    return routing(
        [
            Route("/v1/payouts", payout, methods=["POST"]),
            Route("/v1/debits", debit, methods=["POST"]),
            Route("/v1/requests/{request_id}", inquire),
            *control_routes(stand_in, callbacks.counts),
        ]
    )

"""A payment gateway: payouts and debits by request id, inquiry, callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import asdict, replace
from starlette.types import ASGIApp

from mock_services.allowance import PATH
from mock_services.allowance_route import counting
from mock_services.callbacks import Callbacks, made_up, planned, sent_to
from mock_services.calls import Reply
from mock_services.config import Config, options_of
from mock_services.control import NO_CALLBACKS, control_routes
from mock_services.effect_args import Seconds
from mock_services.period_file import PERIOD_S, Period, PeriodFiles
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

DECLINED, CHANNEL_ERROR = "DECLINED", "CHANNEL_ERROR"
CODES = {"SUCCESS": "", "PROCESSING": "", "FAILED": DECLINED}
OPS = ("create_payout", "create_debit", "inquire", "statement", "file", "callback")


class Options(msgspec.Struct, frozen=True):
    """Where callbacks go and when, and who counts a shared allowance; the defaults are chosen."""

    callback_url: Annotated[str, Meta(pattern="^http://")]
    callback_delay_s: Seconds = 0.1
    callback_gaps_s: tuple[Seconds, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    file_period_s: Period = PERIOD_S
    keeper: Annotated[str, Meta(pattern="^(http://.*)?$")] = ""


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a payout and a debit share; `reference` is the business key."""

    request_id: Id
    reference: Id
    amount_minor: Amount
    currency: Literal["CNY"]

    @property
    def party(self) -> str:
        """Who is at the other end."""
        raise NotImplementedError


class Payout(Transfer, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/payouts`."""

    payee: Id

    @property
    def party(self) -> str:
        """Who gets the money."""
        return self.payee


class Debit(Transfer, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/debits`."""

    payer: Id

    @property
    def party(self) -> str:
        """Who gives the money."""
        return self.payer


Kind = Literal["payout", "debit"]
BODIES: Mapping[Kind, type[Transfer]] = MappingProxyType({"payout": Payout, "debit": Debit})


class Payment(msgspec.Struct, frozen=True):
    """A request that was taken in, and how far it has come.

    Args:
        status: PROCESSING, SUCCESS or FAILED.
        code: of a FAILED: DECLINED is said to be final, CHANNEL_ERROR may still become a SUCCESS.
        t_s: when it came there; of a SUCCESS, when the money moved.
        ends: what it will become; empty when that is all, or never.
        due_s: and when.
    """

    kind: Kind
    body: Transfer
    status: str
    code: str
    t_s: float
    ends: str = ""
    due_s: float = 0.0

    @property
    def final(self) -> bool:
        """Whether it is the last word."""
        return not self.ends and (self.status == "SUCCESS" or self.code == DECLINED)


class PaymentGateway:
    """Moves money exactly when it writes a SUCCESS entry into its ledger."""

    def __init__(self, stand_in: StandIn, callbacks: Callbacks) -> None:
        """Take up the payments of an earlier life, and what was still to come of them."""
        self._stand_in = stand_in
        self._callbacks = callbacks
        self._payments: dict[str, Payment] = {}
        for told in stand_in.ledger.past("payment"):
            body = msgspec.convert(told["body"], BODIES[told["kind"]])
            self._payments[body.request_id] = Payment(**{**told, "body": body})
        announced = set(stand_in.ledger.past("announced"))
        for payment in self._payments.values():
            self._go_on(payment, announced=payment.body.request_id in announced)

    def creating(self, kind: Kind) -> Prepare:
        """Take in a payout or a debit."""
        decode: Callable[[bytes], Transfer] = msgspec.json.Decoder(BODIES[kind]).decode

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

    def stating(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Tell what the books hold under a business key; they forget no request id."""
        return params["reference"], partial(self._state, params["reference"])

    def _known(self, request_id: str, forget_after_s: float | None) -> Payment | None:
        payment = self._payments.get(request_id)
        if payment is None or forget_after_s is None:
            return payment
        age_s = self._stand_in.world.clock.now_s() - payment.t_s
        return None if age_s >= forget_after_s else payment

    def _create(
        self,
        kind: Kind,
        body: Transfer,
        *,
        first: str = "SUCCESS",
        code: str = "",
        ends: str = "",
        after_s: float = 0.0,
        forget_after_s: float | None = None,
        forged: bool = False,
    ) -> Reply:
        """Do it once; the same body again is answered with how far the first has come.

        Args:
            first: the status that it reaches at once.
            code: of a FAILED.
            ends: the status that it reaches `after_s` later; empty for none.
            forget_after_s: age at which a request id counts as one that never came.
            forged: whether somebody else tells at once that the money has moved.
        """
        payment = self._known(body.request_id, forget_after_s)
        if payment is None:
            now_s = self._stand_in.world.clock.now_s()
            payment = Payment(kind, body, first, code, now_s, ends, now_s + after_s)
            self._reach(payment)
            if forged:
                for told in made_up(self._told(payment)):
                    self._stand_in.world.spawn(self._callbacks.slip_in(told))
        elif payment.body != body:
            return reused(body.request_id)
        return Reply(200, {"request_id": body.request_id, **_status(payment)})

    def _reach(self, payment: Payment) -> None:
        """Write down how far a payment has come."""
        body = payment.body
        self._stand_in.ledger.append(
            payment.kind,
            body.reference,
            body.request_id,
            body.amount_minor,
            payment.status,
            t_s=payment.t_s,
            currency=body.currency,
            party=body.party,
            state={"payment": {**asdict(payment), "body": asdict(body)}},
            **({} if payment.final else {"open": True}),
        )
        self._payments[body.request_id] = payment
        self._go_on(payment, announced=False)

    def _go_on(self, payment: Payment, *, announced: bool) -> None:
        """See to what is still to come."""
        if payment.ends:
            self._stand_in.world.spawn(self._end(payment))
        elif payment.final and not announced:
            self._stand_in.world.spawn(self._announce(payment))

    async def _end(self, payment: Payment) -> None:
        clock = self._stand_in.world.clock
        await clock.sleep(max(0.0, payment.due_s - clock.now_s()))
        end = payment.ends
        self._reach(replace(payment, status=end, code=CODES[end], t_s=clock.now_s(), ends=""))

    async def _announce(self, payment: Payment) -> None:
        plan = partial(planned, self._told(payment), "amount_minor", _contradiction)
        copies = await self._stand_in.act("callback", payment.body.reference, plan)
        await self._callbacks.deliver(copies.body, payment.t_s)
        self._stand_in.ledger.note({"announced": payment.body.request_id})

    def _told(self, payment: Payment) -> dict[str, Any]:
        """The body of a callback."""
        body = {**self._facts(payment), "gateway": self._stand_in.name}
        return {**body, "currency": payment.body.currency}

    def _state(self, reference: str) -> Reply:
        """Money that moved, and payments that still may."""
        moved = [
            {"request_id": entry["request_id"], "status": "SUCCESS", "settled_s": entry["t_s"]}
            for entry in self._stand_in.ledger.entries()
            if entry["k"] == reference and entry["status"] == "SUCCESS"
        ]
        open_ = [
            {"request_id": payment.body.request_id, "status": "PROCESSING"}
            for payment in self._payments.values()
            if payment.body.reference == reference and not payment.final
        ]
        return Reply(200, {"reference": reference, "payments": moved + open_})

    def _tell(self, request_id: str, *, forget_after_s: float | None = None) -> Reply:
        payment = self._known(request_id, forget_after_s)
        if payment is None:
            return refusal(404, "not_found", f"{request_id} was never seen here")
        return Reply(200, self._facts(payment))

    def _facts(self, payment: Payment) -> dict[str, object]:
        return {
            "request_id": payment.body.request_id,
            "kind": payment.kind,
            "reference": payment.body.reference,
            "amount_minor": payment.body.amount_minor,
            **_status(payment),
        }


def _contradiction(told: Mapping[str, Any], status: str) -> dict[str, Any]:
    """The same payment with another status."""
    code = {"code": "DECLINED"} if status == "FAILED" else {}
    return {**told, "status": status, **code}


def _status(payment: Payment) -> dict[str, Any]:
    settled_s = payment.t_s if payment.status == "SUCCESS" else None
    told = {"status": payment.status, "settled_s": settled_s}
    return {**told, "code": payment.code} if payment.code else told


def build(config: Config, world: World) -> ASGIApp:
    """Make the gateway.

    Raises:
        InvalidDocument: the options are wrong.
    """
    options = options_of(config, Options)
    stand_in = StandIn(config.name, OPS, world, options.keeper)
    send, gaps_s = sent_to(options.callback_url, world, stand_in.ledger), options.callback_gaps_s
    callbacks = Callbacks(send, options.callback_delay_s, gaps_s, world.clock, dict(NO_CALLBACKS))
    gateway = PaymentGateway(stand_in, callbacks)
    payout = stand_in.endpoint("create_payout", gateway.creating("payout"))
    debit = stand_in.endpoint("create_debit", gateway.creating("debit"))
    inquire = stand_in.endpoint("inquire", gateway.inquiring)
    return routing(
        [
            Route("/v1/payouts", payout, methods=["POST"]),
            Route("/v1/debits", debit, methods=["POST"]),
            Route("/v1/requests/{request_id}", inquire),
            Route("/v1/statement/{reference}", stand_in.endpoint("statement", gateway.stating)),
            Route(PATH, counting(stand_in), methods=["POST"]),
            PeriodFiles(stand_in, "SUCCESS", options.file_period_s).route(),
            *control_routes(stand_in, callbacks.counts),
        ]
    )

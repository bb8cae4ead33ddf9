"""The third parties as small typed calls. A business outcome is a value, never an exception."""

from __future__ import annotations

from typing import Literal

import msgspec

from lending_service.domain import Payment, Reservation
from lending_service.policy import Called, Policy

CURRENCY = "CNY"
PayResult = Literal["success", "failed", "processing", "unknown", "refused"]
Found = Literal["success", "failed", "processing", "not_found", "unavailable"]
ReserveResult = Literal[
    "reserved", "refused", "short", "used_up", "full", "not_taken", "unknown", "not_found"
]
CloseResult = Literal["done", "not_found", "wrong", "unavailable"]
STATUSES: dict[str, Literal["success", "failed", "processing"]] = {
    "SUCCESS": "success",
    "FAILED": "failed",
    "PROCESSING": "processing",
}
CLOSED = {"commit": "COMMITTED", "release": "RELEASED"}
FINAL_CODES = ("DECLINED",)
"""Of a FAILED that stays one, by the gateways' contract."""


class Score(msgspec.Struct, frozen=True):
    """The risk engine's word on one application."""

    score: int
    approve: bool


class PaymentGateway:
    """Payouts, debits and inquiries at any gateway."""

    def __init__(
        self, policy: Policy, *, failed: Literal["statement", "final_code", "believe"]
    ) -> None:
        """Call through `policy`.

        Args:
            failed: which FAILED is final: `failed_payment` of a design.
        """
        self._policy = policy
        self._failed = failed
        self.settled_s: dict[str, float] = {}
        """Request id -> when its money moved, as told; until it is written down."""

    def learn(self, request_id: str, settled_s: object) -> None:
        """Take in when money moved, if that is what was told."""
        if isinstance(settled_s, float | int):
            self.settled_s[request_id] = float(settled_s)

    async def _status(
        self, payment: Payment, called: Called
    ) -> Literal["success", "failed", "processing"] | None:
        """A status of the contract; a FAILED that may still become a SUCCESS is `processing`."""
        status = STATUSES.get(str(called.body.get("status")))
        if status == "success":
            self.learn(payment.id, called.body.get("settled_s"))
        if status != "failed" or self._failed == "believe":
            return status
        if called.body.get("code") not in FINAL_CODES:
            return "processing"
        return "failed" if self._failed == "final_code" else await self._booked(payment)

    async def _booked(self, payment: Payment) -> Literal["success", "failed", "processing"]:
        """What a final FAILED comes to: the gateway's books may hold the money all the same."""
        held = await self.statement(payment)
        if held == "success":
            return "success"
        return "failed" if held == "not_found" else "processing"

    async def statement(self, payment: Payment) -> Found:
        """What the gateway's books hold for the business key of a payment.

        Returns:
            success: they hold it; not_found: nothing moved there, and nothing is under way.
        """
        path = f"/v1/statement/{payment.reference}"
        called = await self._policy.once(payment.gateway, "GET", path, lane="/inquire")
        found = called.body.get("payments")
        if called.status != 200 or not isinstance(found, list):
            return "unavailable"
        moved = {"request_id": payment.id, "status": "SUCCESS"}
        for one in found:
            if isinstance(one, dict) and moved.items() <= one.items():
                self.learn(payment.id, one.get("settled_s"))
                return "success"
        return "processing" if found else "not_found"

    async def pay(self, payment: Payment) -> PayResult:
        """Send a payment once.

        Returns:
            refused: nothing was sent. failed: the gateway's own word, final. unknown: everything
            that is no word of the contract, whatever its status: the money may have moved.
        """
        path, role = ("/v1/payouts", "payee") if payment.kind == "payout" else (
            "/v1/debits", "payer")  # fmt: skip
        body = {
            "request_id": payment.id,
            "reference": payment.reference,
            "amount_minor": payment.amount_minor,
            "currency": CURRENCY,
            role: payment.party,
        }
        called = await self._policy.once(payment.gateway, "POST", path, body)
        if called.not_taken:
            return "refused"
        if called.outcome != "ok":
            return "unknown"
        if called.status == 422:
            return "failed"
        return await self._status(payment, called) or "unknown"

    async def inquire(self, payment: Payment) -> Found:
        """What became of a payment, by its request id."""
        path = f"/v1/requests/{payment.id}"
        called = await self._policy.once(payment.gateway, "GET", path, lane="/inquire")
        if called.outcome == "ok" and called.status == 404:
            return "not_found"
        if called.status != 200:
            return "unavailable"
        return await self._status(payment, called) or "unavailable"


class RiskEngine:
    """Scores and limits. Both can be asked again without harm."""

    def __init__(self, policy: Policy, name: str) -> None:
        self._policy = policy
        self._name = name

    async def score(
        self, application_id: str, borrower: str, segment: str, region: str, amount_minor: int
    ) -> Score | Literal["refused"] | None:
        """The score; refused: nobody like that is scored at present; None: no usable score."""
        body = {
            "application_id": application_id,
            "borrower": borrower,
            "segment": segment,
            "region": region,
            "amount_minor": amount_minor,
        }

        async def once(_: int) -> Called:
            return await self._policy.once(self._name, "POST", "/v1/scores", body)

        called = await self._policy.tried(self._name, once, worth_another)
        if called.outcome == "ok" and called.body.get("code") == "segment_refused":
            return "refused"
        return _score(called)

    async def limit_minor(self, borrower: str) -> int | None:
        """The limit, or None when there is no usable one."""
        path = f"/v1/limits/{borrower}"

        async def once(_: int) -> Called:
            return await self._policy.once(self._name, "GET", path)

        called = await self._policy.tried(self._name, once, worth_another)
        limit = called.body.get("limit_minor")
        usable = called.status == 200 and type(limit) is int and limit > 0
        return limit if usable else None


class FundingProvider:
    """Reservations at any funder."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.quotas_minor: dict[str, int] = {}  # as each funder told it last
        self.settled_s: dict[str, float] = {}  # of commits; until it is written down

    async def look(self, funder: str) -> None:
        """Ask a funder that is full for its quota, which may have grown."""
        self._learn(funder, await self._policy.once(funder, "GET", "/v1/quota", lane="/inquire"))

    def _learn(self, funder: str, called: Called) -> None:
        quota_minor = called.body.get("quota_minor")
        if called.status == 200 and type(quota_minor) is int and quota_minor >= 0:
            self.quotas_minor[funder] = quota_minor

    async def reserve(self, asked: Reservation) -> ReserveResult:
        """Reserve; tried again only when the funder definitely did not take the call.

        Returns:
            short: what is left of the quota is too little; refused: no for another reason.
        """
        body = {
            "request_id": asked.id,
            "reference": asked.application_id,
            "amount_minor": asked.amount_minor,
        }

        async def once(_: int) -> Called:
            return await self._policy.once(asked.funder, "POST", "/v1/reservations", body)

        called = await self._policy.tried(asked.funder, once, lambda called: called.not_taken)
        if called.not_taken:
            return "not_taken"
        self._learn(asked.funder, called)
        code = called.body.get("code") if called.outcome == "ok" else None
        if code in ("quota_exhausted", "bad_body"):
            return "short" if code == "quota_exhausted" else "refused"
        return _reserved(called)

    async def inquire(self, asked: Reservation) -> ReserveResult:
        """What became of a reservation."""
        path = f"/v1/reservations/{asked.id}"
        called = await self._policy.once(asked.funder, "GET", path, lane="/inquire")
        missing = called.outcome == "ok" and called.status == 404
        return "not_found" if missing else _reserved(called)

    async def stepped_back(self, held: Reservation) -> bool:
        """Whether the funder itself says that it has given up what it had set aside."""
        path = f"/v1/reservations/{held.id}"
        called = await self._policy.once(held.funder, "GET", path, lane="/inquire")
        return called.status == 200 and called.body.get("status") == CLOSED["release"]

    async def close(self, held: Reservation, how: Literal["commit", "release"]) -> CloseResult:
        """Commit or release; both can be sent again without harm."""
        path = f"/v1/reservations/{held.id}/{how}"
        called = await self._policy.once(held.funder, "POST", path, {}, lane="/close")
        if called.outcome != "ok":
            return "unavailable"
        if called.status >= 300:
            return "not_found" if called.status == 404 else "wrong"
        settled_s = called.body.get("settled_s")
        if how == "commit" and isinstance(settled_s, float | int):
            self.settled_s[held.id] = float(settled_s)
        return "done" if called.body.get("status") == CLOSED[how] else "unavailable"


def worth_another(called: Called) -> bool:
    """Whoever was denied is denied again."""
    return called.outcome not in ("ok", "denied")


def _reserved(called: Called) -> ReserveResult:
    good = called.status == 200 and called.body.get("status") in ("RESERVED", "COMMITTED")
    return "reserved" if good else "unknown"


def _score(called: Called) -> Score | None:
    """A score that can be believed: whole, in range, with a known decision."""
    score, decision = called.body.get("score"), called.body.get("decision")
    if called.status != 200 or type(score) is not int or not 0 <= score <= 1000:
        return None
    if decision not in ("approve", "decline"):
        return None
    return Score(score, decision == "approve")

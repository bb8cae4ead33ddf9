"""A funding provider: reserve, commit, release by request id, under a quota.

reserve -> RESERVED -> commit  -> COMMITTED
                    -> release -> RELEASED
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import msgspec
from starlette.types import ASGIApp

from mock_services.calls import Reply
from mock_services.config import Config, options_of
from mock_services.control import control_routes
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

OPS = ("reserve", "commit", "release", "inquire", "file")


class Options(msgspec.Struct, frozen=True):
    """How much may be reserved and committed together; the default is chosen, not measured."""

    quota_minor: Amount = 2_000_000_000
    file_period_s: Period = PERIOD_S


class Reserve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/reservations`; `reference` is the application id."""

    request_id: Id
    reference: Id
    amount_minor: Amount


@dataclass(slots=True)
class Reservation:
    """Money that was set aside, its state, and when it was committed, run clock."""

    body: Reserve
    status: str = ""
    settled_s: float | None = None


class FundingProvider:
    """Never promises more than its quota, and writes every change of state into its ledger."""

    def __init__(self, stand_in: StandIn, options: Options) -> None:
        """Take up what was reserved in an earlier life."""
        self._stand_in = stand_in
        self._quota_minor = options.quota_minor
        self._held_minor = {"RESERVED": 0, "COMMITTED": 0, "RELEASED": 0}
        self._reservations: dict[str, Reservation] = {}
        self._decode: Callable[[bytes], Reserve] = msgspec.json.Decoder(Reserve).decode
        for entry in stand_in.ledger.entries():
            body = Reserve(entry["request_id"], entry["k"], entry["amount_minor"])
            known = self._reservations.setdefault(body.request_id, Reservation(body))
            self._move(known, entry["status"], entry["t_s"])

    def reserving(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Set money aside."""
        body = self._decode(raw)
        return body.reference, partial(self._reserve, body)

    def changing(self, f: Literal["commit", "release"], status: str) -> Prepare:
        """Commit or release what was set aside."""

        def prepare(params: dict[str, str], raw: bytes) -> Prepared:
            request_id = params["request_id"]
            return self._key(request_id), partial(self._change, request_id, f, status)

        return prepare

    def inquiring(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Tell the state of a reservation."""
        request_id = params["request_id"]
        return self._key(request_id), partial(self._tell, request_id)

    def quota(self, params: dict[str, str], raw: bytes) -> Prepared:
        """Tell how much of the quota is used."""
        return "", self._tell_quota

    def _key(self, request_id: str) -> str:
        known = self._reservations.get(request_id)
        return known.body.reference if known else request_id

    def _reserve(
        self, body: Reserve, *, quota_minor: int | None = None, kept: bool = True
    ) -> Reply:
        """Reserve once; the same body again is answered with the present state.

        Args:
            quota_minor: the quota at present; None: its own.
            kept: whether it is; else this funder goes beyond it unseen.
        """
        told_minor = self._told_minor(quota_minor)
        known = self._reservations.get(body.request_id)
        if known is None:
            used_minor = self._held_minor["RESERVED"] + self._held_minor["COMMITTED"]
            left_minor = told_minor - used_minor
            if kept and body.amount_minor > left_minor:
                message = f"asked for {body.amount_minor}, {left_minor} of the quota is left"
                return refusal(409, "quota_exhausted", message)
            known = Reservation(body)
            self._reach(known, "reserve", "RESERVED", quota_minor)
            self._reservations[body.request_id] = known
        elif known.body != body:
            return reused(body.request_id)
        return _state(known, quota_minor=told_minor)

    def _change(self, request_id: str, f: str, status: str, *, withdrawn: bool = False) -> Reply:
        """Commit or release, or (`withdrawn`) step back from what was set aside instead."""
        known = self._reservations.get(request_id)
        if known is None:
            return refusal(404, "not_found", f"{request_id} was never reserved here")
        if known.status == "RESERVED":
            self._reach(known, *(("release", "RELEASED") if withdrawn else (f, status)))
        if known.status != status:
            message = f"{f} of {request_id}: state is {known.status}, need RESERVED or {status}"
            return refusal(409, "wrong_state", message)
        return _state(known)

    def _reach(
        self, reservation: Reservation, f: str, status: str, quota_minor: int | None = None
    ) -> None:
        """Write down that the money goes from one state to the next, and move it."""
        body = reservation.body
        told: dict[str, Any] = {} if quota_minor is None else {"quota_minor": quota_minor}
        write = self._stand_in.ledger.append
        entry = write(f, body.reference, body.request_id, body.amount_minor, status, **told)
        self._move(reservation, status, entry["t_s"])

    def _move(self, reservation: Reservation, status: str, t_s: float) -> None:
        if reservation.status:
            self._held_minor[reservation.status] -= reservation.body.amount_minor
        self._held_minor[status] += reservation.body.amount_minor
        reservation.status = status
        reservation.settled_s = t_s if status == "COMMITTED" else None

    def _tell(self, request_id: str) -> Reply:
        known = self._reservations.get(request_id)
        if known is None:
            return refusal(404, "not_found", f"{request_id} was never reserved here")
        facts = {**msgspec.structs.asdict(known.body), "status": known.status}
        return Reply(200, {**facts, "settled_s": known.settled_s})

    def _tell_quota(self, *, quota_minor: int | None = None, kept: bool = True) -> Reply:
        told_minor = self._told_minor(quota_minor)
        body = {"quota_minor": told_minor, "reserved_minor": self._held_minor["RESERVED"]}
        return Reply(200, {**body, "committed_minor": self._held_minor["COMMITTED"]})

    def _told_minor(self, quota_minor: int | None) -> int:
        """The quota at present, where a rule changes it; else its own."""
        return self._quota_minor if quota_minor is None else quota_minor


def _state(reservation: Reservation, **more: object) -> Reply:
    state = {"request_id": reservation.body.request_id, "status": reservation.status}
    return Reply(200, {**state, "settled_s": reservation.settled_s, **more})


def build(config: Config, world: World) -> ASGIApp:
    """Make the provider.

    Raises:
        InvalidDocument: the options are wrong.
    """
    stand_in = StandIn(config.name, OPS, world)
    options = options_of(config, Options)
    provider = FundingProvider(stand_in, options)
    reserve = stand_in.endpoint("reserve", provider.reserving)
    commit = stand_in.endpoint("commit", provider.changing("commit", "COMMITTED"))
    release = stand_in.endpoint("release", provider.changing("release", "RELEASED"))
    one = "/v1/reservations/{request_id}"
    return routing(
        [
            Route("/v1/reservations", reserve, methods=["POST"]),
            Route(f"{one}/commit", commit, methods=["POST"]),
            Route(f"{one}/release", release, methods=["POST"]),
            Route(one, stand_in.endpoint("inquire", provider.inquiring)),
            Route("/v1/quota", stand_in.endpoint("quota", provider.quota)),
            PeriodFiles(stand_in, "COMMITTED", options.file_period_s).route(),
            *control_routes(stand_in),
        ]
    )

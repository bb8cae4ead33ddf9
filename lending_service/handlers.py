"""The operations of `openapi.yaml` as routes."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from lending_service import callbacks, metrics
from lending_service.context import Context
from lending_service.domain import Application, Loan, Record, Repayment
from lending_service.intake import Intake
from lending_service.limits import read_limit
from lending_service.mode_trail import ModeTrail
from lending_service.modes import Modes
from lending_service.money import Money
from lending_service.replies import (
    Callback,
    Problem,
    Repay,
    Submit,
    application_view,
    json_response,
    loan_view,
    repayment_view,
)
from lending_service.routes import TEXT, Endpoint, Request, Response, Route, Router
from lending_service.stores.port import CommitUnknown, StoreUnavailable
from lending_service.stores.waits import answered_within
from lending_service.worker import Report, Worker

R = TypeVar("R", bound=Record)
B = TypeVar("B", bound=msgspec.Struct)
READY_WITHIN_S = 1.0
CLEAN_UP_S = 0.2  # chosen: after that; whoever asks waits for 1.5 s
AGAIN_WITHIN_S = 0.5  # chosen: a reset connection fails at once, a database that hangs later
RETRY_AFTER_S = 2.0  # our database away: a short pause; chosen, not measured


class Pages(msgspec.Struct, frozen=True):
    """What is declared of each operation, and how that came to be."""

    modes: Modes
    trail: ModeTrail


class Handlers:
    """Answers requests; `asgi` is the application."""

    def __init__(
        self,
        parts: Context,
        intake: Intake,
        money: Money,
        pages: Pages,
        worker: Worker,
        report: Report,
    ) -> None:
        self._parts = parts
        self._intake = intake
        self._money = money
        self._pages = pages
        self._worker = worker
        self._report = report
        self.asgi: ASGIApp = Router(self._routes(), self._not_found)

    def _routes(self) -> list[Route]:
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/v1/applications/{id}", self.application),
            ("POST", "/v1/applications", self.submit),
            ("GET", "/v1/loans/{id}", self.loan),
            ("POST", "/v1/loans/{id}/repayments", self.repay),
            ("GET", "/v1/repayments/{id}", self.repayment),
            ("GET", "/v1/borrowers/{id}/limit", self.limit),
            ("POST", "/callbacks/payments", self.callback),
            ("GET", "/v1/status", self.status),
            ("GET", "/v1/modes", self.mode_changes),
            ("GET", "/v1/breaks", self.breaks),
            ("GET", "/livez", self.livez),
            ("GET", "/readyz", self.readyz),
            ("GET", "/metrics", self.metrics),
        ]
        return [Route(path, self._guarded(act), methods=[method]) for method, path, act in table]

    async def submit(self, request: Request) -> Response:
        """Take in an application."""
        key, raw = _key(request), request.body
        status, body = await self._intake.submit(key, raw, _parsed(raw, Submit, key))
        return Response(status, body)

    async def application(self, request: Request) -> Response:
        """How far an application has come."""
        return json_response(application_view(await self._found(Application, request)))

    async def loan(self, request: Request) -> Response:
        """A loan and its schedule."""
        loan = await self._found(Loan, request)
        return json_response(loan_view(loan, self._parts.clock.now_s()))

    async def repay(self, request: Request) -> Response:
        """Take in a repayment."""
        key, raw = _key(request), request.body
        loan_id = request.params["id"]
        status, body = await self._intake.repay(loan_id, key, raw, _parsed(raw, Repay, key))
        return Response(status, body)

    async def repayment(self, request: Request) -> Response:
        """What became of a repayment."""
        return json_response(repayment_view(await self._found(Repayment, request)))

    async def limit(self, request: Request) -> Response:
        """A borrower's limit, with its age."""
        borrower = request.params["id"]
        limit = await read_limit(self._parts, borrower)
        if limit is None:
            text = "Your limit cannot be read now; it has not changed. Please come back."
            raise Problem(503, "limit_unknown", text, RETRY_AFTER_S, borrower)
        return json_response(limit)

    async def callback(self, request: Request) -> Response:
        """A gateway's word; `success` ends its repeats."""
        told = _parsed(request.body, Callback, "callback")
        await callbacks.take_in(self._parts, self._money, told)
        return Response(200, b"success", TEXT)

    async def status(self, request: Request) -> Response:
        """The status page."""
        return json_response({"operations": self._pages.modes.status()})

    async def mode_changes(self, request: Request) -> Response:
        """How the modes of the status page have changed; for those who answer for it."""
        told = [
            {"number": int(one.id), "operation": one.operation, "from": one.old, "to": one.new,
             "reason": one.reason, "at_s": one.at_s}
            for one in await self._pages.trail.told()
        ]  # fmt: skip
        return json_response({"changes": told})

    async def breaks(self, request: Request) -> Response:
        """Where our records and somebody else's disagree; for those who clear it up."""
        told = [
            {"sender": sender, "period": period, **msgspec.to_builtins(one)}
            for sender, period, one in self._parts.reconciliation.breaks()
        ]
        return json_response({"breaks": told})

    async def livez(self, request: Request) -> Response:
        """The process answers."""
        return json_response({"status": "ok"})

    async def readyz(self, request: Request) -> Response:
        """The store has just committed a real write."""
        with answered_within(READY_WITHIN_S):
            async with asyncio.timeout(READY_WITHIN_S + CLEAN_UP_S):
                await self._parts.store.ping()
        return json_response({"status": "ok"})

    async def metrics(self, request: Request) -> Response:
        """Figures, as Prometheus reads them; inside a JSON document for who accepts that alone."""
        text = await metrics.prometheus(self._parts, self._worker, self._money)
        if request.header(b"accept") == "application/json":
            return json_response({"text": text})
        return Response(200, text.encode(), b"text/plain; version=0.0.4; charset=utf-8")

    async def _found(self, kind: type[R], request: Request) -> R:
        id_ = request.params["id"]
        record = await self._parts.store.read(kind, id_)
        if record is None:
            text = f"There is no {kind.__name__.lower()} {id_}. Please check the number."
            raise Problem(404, "not_found", text, None, id_)
        return record

    def _guarded(self, act: Endpoint) -> Endpoint:
        """The one place where an error becomes a reply."""

        async def endpoint(request: Request) -> Response:
            try:
                with answered_within(self._parts.design.answer_within_s):
                    return await self._tried(act, request)
            except Problem as problem:
                return problem.response(self._parts.design.errors)
            except Exception as error:
                self._report(request.path, f"{type(error).__name__}: {error}")
                return _trouble(error, request).response(self._parts.design.errors)

        return endpoint

    async def _tried(self, act: Endpoint, request: Request) -> Response:
        """Answer it; what a bad connection to our records spoiled is done again on another one."""
        design, clock = self._parts.design, self._parts.clock
        until_s = clock.now_s() + AGAIN_WITHIN_S
        for _ in range(design.records_tries_max - 1):
            try:
                return await act(request)
            except StoreUnavailable as error:
                safe = design.idempotency == "enforce" or not isinstance(error, CommitUnknown)
                if not safe or clock.now_s() >= until_s:
                    raise
        return await act(request)

    async def _not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served; http is")
        path = scope["path"]
        problem = Problem(404, "no_such_page", f"There is nothing at {path}.", None, path)
        await problem.response(self._parts.design.errors)(scope, receive, send)


def _trouble(error: Exception, request: Request) -> Problem:
    """What a fault of our own is to the borrower."""
    reference = request.header(b"idempotency-key") or request.path
    if isinstance(error, CommitUnknown):
        text = "We may or may not have it. Send it again with the same key: it counts once."
        return Problem(503, "outcome_unknown", text, RETRY_AFTER_S, reference)
    if isinstance(error, StoreUnavailable | TimeoutError):
        text = "Our records cannot be reached, and nothing was changed. Please come back."
        return Problem(503, "records_unavailable", text, RETRY_AFTER_S, reference)
    text = "Something broke on our side. Please quote the reference, or try again with the key."
    return Problem(500, "internal", text, RETRY_AFTER_S, reference)


def _key(request: Request) -> str:
    key = request.header(b"idempotency-key") or ""
    if not 1 <= len(key) <= 200:
        text = f"Idempotency-Key has {len(key)} characters, need 1..200: send one for each request."
        raise Problem(400, "key_missing", text, None, request.path)
    return key


def _parsed(raw: bytes, kind: type[B], reference: str) -> B:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Problem(
            422, "bad_body", f"The body does not fit: {error}.", None, reference
        ) from None
    except msgspec.DecodeError as error:
        raise Problem(400, "no_json", f"The body is not JSON: {error}.", None, reference) from None

"""A whole world without a socket: third parties with a ledger, virtual time, a caller of ASGI."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from lending_service.app import Service, build
from lending_service.book import book
from lending_service.design import Design
from lending_service.ports import NoReply, Refused, Reply
from lending_service.stores.memory import MemoryStore

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
UPSTREAMS = {
    "payment_a": "payment_gateway",
    "payment_b": "payment_gateway",
    "risk": "risk_engine",
    "funding_a": "funding_provider",
    "funding_b": "funding_provider",
    "funding_c": "funding_provider",
}
NOTIFIED = {**UPSTREAMS, "notification": "notification"}
RULED = {**UPSTREAMS, "policy": "policy"}
PAGED = {**UPSTREAMS, "page": "status_page"}
SUBMIT = {
    "borrower": "b-0001",
    "segment": "consumer",
    "region": "north",
    "amount_minor": 300_000,
    "term_months": 3,
}


def design(name: str, **changes: Any) -> Design:
    """A shipped design, with changes; nobody gives files here, so none are asked for."""
    changes = {"reconcile": None, **changes}
    text = (ROOT / "chaos" / "designs" / f"{name}.yaml").read_text(encoding="utf-8")
    return msgspec.structs.replace(Design.from_mapping(yaml.safe_load(text)), **changes)


class FakeClock:
    """Virtual time: a sleep ends when the test lets that time come."""

    def __init__(self) -> None:
        self.t_s = 100.0
        self._order = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        """Virtual seconds."""
        return self.t_s

    async def sleep(self, seconds: float) -> None:
        """Wait for `wake`."""
        self._order += 1
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.t_s + seconds, self._order, future))
        await future

    async def settle(self) -> None:
        """Let all that is ready run; no time passes."""
        for _ in range(30):
            await asyncio.sleep(0)

    def wake(self, until_s: float) -> bool:
        """Let the time of the next sleeper come, if it is due by `until_s`; whether one was."""
        while self._sleepers and self._sleepers[0][0] <= until_s:
            due_s, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self.t_s = max(self.t_s, due_s)
                future.set_result(None)
                return True
        return False

    async def pass_s(self, seconds: float) -> None:
        """Let `seconds` pass."""
        until_s = self.t_s + seconds
        await self.settle()
        while self.wake(until_s):
            await self.settle()
        self.t_s = until_s


class ThirdParties:
    """Gateways, risk engine and funders; `script` says what goes wrong, by (name, operation).

    Wrongs: refused, request_lost, reply_lost, error (503), FAILED, PROCESSING, decline, null,
    drift (of a score), segment_refused, blank.
    """

    def __init__(self) -> None:
        self.script: dict[tuple[str, str], str] = {}
        self.calls: list[tuple[str, str]] = []
        self.ledger: list[tuple[str, str, str, int]] = []  # name, kind, reference, amount
        self.policy: dict[str, Any] = {"epoch": 1, "suspended": []}
        self.published: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, str]] = {}  # by id, as they were taken in
        self.payments: dict[tuple[str, str], dict[str, Any]] = {}
        self.reservations: dict[tuple[str, str], dict[str, Any]] = {}
        self.quotas_minor: dict[str, Any] = {}
        self.pay: Callable[..., Reply] = self._pay  # tests put something worse in its place

    def moved(self, kind: str, reference: str | None = None) -> list[tuple[str, str, str, int]]:
        """Ledger entries of a kind."""
        return [e for e in self.ledger if e[1] == kind and reference in (None, e[2])]

    async def call(
        self,
        dependency: str,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        timeout_s: float,
        key: str = "",
    ) -> Reply:
        """The client port: what the script says, or the honest answer."""
        operation = _operation(method, path)
        self.calls.append((dependency, operation))
        any_operation = self.script.get((dependency, "*"), "")
        wrong = self.script.get((dependency, operation), any_operation)
        if wrong == "refused":
            raise Refused(dependency)
        if wrong == "request_lost":
            raise NoReply(dependency)
        if wrong == "error":
            return Reply(503, {"code": "away"})
        if wrong == "intercepted":
            return Reply(200, {})  # a page of somebody on the way: no JSON
        reply = self._answer(dependency, operation, path, body or {}, wrong)
        if wrong == "reply_lost":
            raise NoReply(dependency)
        return reply

    def _answer(
        self, name: str, operation: str, path: str, body: dict[str, Any], wrong: str
    ) -> Reply:
        if operation in ("payout", "debit"):
            return self.pay(name, operation, body, wrong)
        if operation == "inquire_payment":
            known = self.payments.get((name, path.rsplit("/", 1)[1]))
            return Reply(200, known) if known else Reply(404, {"code": "not_found"})
        if operation == "messages":
            self.messages |= {one["message_id"]: one for one in body["messages"]}
            return Reply(200, {"accepted": len(body["messages"])})
        if operation == "publications":
            self.published.append(body["operations"])
            return Reply(200, {})
        if operation == "policy":
            return Reply(200, {} if wrong == "blank" else self.policy)
        if operation == "statement":
            place = (name, path.rsplit("/", 1)[1])
            found = [
                {"request_id": request_id, "status": known["status"]}
                for (gateway, request_id), known in self.payments.items()
                if (gateway, known["reference"]) == place and known["status"] != "FAILED"
            ]
            return Reply(200, {"payments": found})
        if operation == "score":
            if wrong == "segment_refused":
                return Reply(403, {"code": "segment_refused"})
            score = {"null": None, "drift": 725}.get(wrong, 700)
            decision = "decline" if wrong == "decline" else "approve"
            return Reply(200, {"score": score, "decision": decision, "model_version": "m1"})
        if operation == "limit":
            return Reply(200, {"limit_minor": 900_000, "currency": "CNY"})
        return self._fund(name, operation, path, body)

    def _pay(self, name: str, kind: str, body: dict[str, Any], wrong: str) -> Reply:
        place = (name, body["request_id"])
        if place not in self.payments:
            status = wrong if wrong in ("FAILED", "PROCESSING") else "SUCCESS"
            self.payments[place] = {**body, "kind": kind, "status": status}
            if status == "FAILED":
                self.payments[place]["code"] = "DECLINED"
            if status == "SUCCESS":
                self.ledger.append((name, kind, body["reference"], body["amount_minor"]))
        return Reply(200, self.payments[place])

    def _fund(self, name: str, operation: str, path: str, body: dict[str, Any]) -> Reply:
        if operation == "reserve" and self.script.get((name, operation)) == "quota_exhausted":
            return Reply(409, {"code": "quota_exhausted"})
        if operation == "reserve":
            place = (name, body["request_id"])
            if place not in self.reservations:
                self.reservations[place] = {**body, "status": "RESERVED"}
                self.ledger.append((name, "reserve", body["reference"], body["amount_minor"]))
            return Reply(200, {**self.reservations[place], **self._quota(name)})
        if operation == "quota":
            return Reply(200, self._quota(name))
        known = self.reservations.get((name, path.split("/")[3]))
        if known is None:
            return Reply(404, {"code": "not_found"})
        if operation in ("commit", "release"):
            known["status"] = operation.upper() + ("TED" if operation == "commit" else "D")
            self.ledger.append((name, operation, known["reference"], known["amount_minor"]))
        return Reply(200, known)

    def _quota(self, name: str) -> dict[str, Any]:
        return {"quota_minor": self.quotas_minor[name]} if name in self.quotas_minor else {}


def _operation(method: str, path: str) -> str:
    parts = path.split("/")
    if method == "GET":
        names = {"requests": "inquire_payment", "limits": "limit", "statement": "statement"}
        names |= {"policy": "policy", "quota": "quota"}
        return names.get(parts[2], "inquire_reservation")
    if len(parts) == 5:
        return parts[4]
    names = {"payouts": "payout", "debits": "debit", "scores": "score", "messages": "messages"}
    names |= {"publications": "publications"}
    return names.get(parts[2], "reserve")


class World:
    """One service with its surroundings. Borrowers b-0001 and b-0002 have loans."""

    def __init__(self, of: Design, upstreams: Mapping[str, str] = UPSTREAMS) -> None:
        self.design = of
        self.upstreams = upstreams
        self.clock = FakeClock()
        self.third = ThirdParties()
        self.store = MemoryStore()
        self.reports: list[tuple[str, str]] = []
        self.service = self._build(1)

    def _build(self, seed: int) -> Service:
        return build(
            self.design,
            self.store,
            self.third,
            self.clock,
            random.Random(seed),
            self.upstreams,
            lambda what, text: self.reports.append((what, text)),
        )

    async def start(self) -> None:
        """Fill the book and begin work."""
        await self.store.load(book(2, self.clock.now_s()))
        await self.service.start(asyncio.get_running_loop().create_task)

    async def crash_and_restart(self) -> None:
        """The service is gone; a new one with the same store and the same seed takes over."""
        await self.service.stop()
        self.service = self._build(1)
        await self.service.start(asyncio.get_running_loop().create_task)

    async def drive(self, work: Awaitable[T]) -> T:
        """Let time pass until `work` is done."""
        task = asyncio.ensure_future(work)
        await self.clock.settle()
        while not task.done():
            if not self.clock.wake(self.clock.t_s + 60.0):
                raise AssertionError("nothing can run, and there is no answer")
            await self.clock.settle()
        return task.result()

    async def call(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> tuple[int, Any]:
        """One request through ASGI: status, and body as JSON (or text)."""
        return await self.drive(asgi_call(self.service.asgi, method, path, body, key))

    async def submit(self, key: str = "k1", **changes: Any) -> tuple[int, Any]:
        """Apply for a loan."""
        return await self.call("POST", "/v1/applications", {**SUBMIT, **changes}, key)

    async def application(self, app_id: str) -> Any:
        """How far an application has come."""
        return (await self.call("GET", f"/v1/applications/{app_id}"))[1]

    async def repay(self, amount_minor: int = 200_000, key: str = "r1") -> tuple[int, Any]:
        """Repay on the first loan of the book."""
        path = "/v1/loans/loan-b-0001/repayments"
        return await self.call("POST", path, {"amount_minor": amount_minor}, key)

    async def get(self, path: str) -> Any:
        """The body of a GET."""
        return (await self.call("GET", path))[1]


async def asgi_call(
    asgi: Any, method: str, path: str, body: object = None, key: str | None = None
) -> tuple[int, Any]:
    """One request to a raw ASGI application."""
    headers = [] if key is None else [(b"idempotency-key", key.encode())]
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body) if body else b""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("lending", 80),
        "client": ("borrower", 1),
        "root_path": "",
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await asgi(scope, receive, send)
    text = b"".join(message.get("body", b"") for message in sent)
    is_json = (b"content-type", b"application/json") in sent[0]["headers"]
    return sent[0]["status"], msgspec.json.decode(text) if is_json else text.decode()


def in_world(
    of: Design,
    story: Callable[[World], Awaitable[None]],
    upstreams: Mapping[str, str] = UPSTREAMS,
) -> World:
    """Run a story in a world of that design, begun and ended in good order."""

    async def run() -> World:
        world = World(of, upstreams)
        await world.start()
        try:
            await story(world)
        finally:
            await world.service.stop()
        return world

    return asyncio.run(run())

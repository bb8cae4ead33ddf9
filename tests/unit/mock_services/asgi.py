"""A stand-in on a test bench: raw ASGI, virtual time, a caller whose callback replies are set."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any, TypeVar

import msgspec
from starlette.types import ASGIApp

from mock_services.config import Config
from mock_services.dice import seeded
from mock_services.journal import Journal, MemoryJournal
from mock_services.kinds import KINDS
from mock_services.stand_in import World

T = TypeVar("T")
TOKEN = "bench-token"
TURNS_OF_THE_LOOP = 20  # more than the longest chain of awaits between two sleeps


class VirtualClock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        """Start at zero."""
        self._now_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._n = 0

    def now_s(self) -> float:
        """Virtual seconds."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Wait until a test has moved time far enough."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._n += 1
        heapq.heappush(self._sleepers, (self._now_s + seconds, self._n, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time, waking every sleeper at its own moment."""
        until_s = self._now_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until_s:
            self._now_s, _, woken = heapq.heappop(self._sleepers)
            woken.set_result(None)
            await settle()
        self._now_s = until_s


async def settle() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(TURNS_OF_THE_LOOP):
        await asyncio.sleep(0)


class Bench:
    """One stand-in, its clock, and the callbacks that it sent.

    Args:
        kind: which program.
        seed: of all its dice.
        options: the program's own.
    """

    def __init__(
        self, kind: str, seed: int = 7, journal: Journal | None = None, **options: Any
    ) -> None:
        """Build the program."""
        if kind == "payment_gateway":
            options = {"callback_url": "http://caller/callbacks/payments", **options}
        config = Config(kind, "bench", "127.0.0.1", 20001, 0, seed, options)
        self.clock = VirtualClock()
        self.callbacks: list[dict[str, Any]] = []
        self.callback_times_s: list[float] = []
        self.replies: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.journal = journal or MemoryJournal()
        self.posts: list[tuple[float, str, bytes, dict[str, str]]] = []
        self.statuses: list[int] = []
        around = (self._take, self.spawn, TOKEN, self.journal)
        environ = {"HOOK_SECRET": "s3cret"}
        world = World(self.clock, seeded(seed), *around, post=self._post, environ=environ)
        self.app = KINDS[kind].build(config, world)

    async def _take(self, url: str, body: dict[str, Any]) -> str:
        self.callbacks.append(body)
        self.callback_times_s.append(self.clock.now_s())
        reply = self.replies.pop(0) if self.replies else "success"
        if reply == "no reply":
            raise ConnectionError("nobody there")
        return reply

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.posts.append((self.clock.now_s(), url, body, dict(headers)))
        return self.statuses.pop(0) if self.statuses else 204

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a coroutine run in the background."""
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Send one request.

        Returns:
            status and decoded JSON body.
        """
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await request(self.app, method, path, b"" if body is None else raw, headers)

    async def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send one request to the control plane, with the token."""
        return await self.call(method, path, body, **{"x-harness-token": TOKEN})

    async def rules(self, *rules: dict[str, Any]) -> None:
        """Set the behaviour; ids are filled in."""
        named = [{"id": f"r{i}", **rule} for i, rule in enumerate(rules)]
        status, answer = await self.control("PUT", "/_control/behaviour", {"rules": named})
        assert status == 200, answer

    async def ledger(self) -> list[dict[str, Any]]:
        """Read what really happened."""
        entries: list[dict[str, Any]] = (await self.control("GET", "/_ledger"))[1]["entries"]
        return entries


async def request(
    app: ASGIApp, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, Any]:
    """Drive an ASGI app with one request."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], msgspec.json.decode(sent[1]["body"])


def play(scenario: Callable[[], Awaitable[T]]) -> T:
    """Run a scenario to its end."""

    async def run() -> T:
        return await scenario()

    return asyncio.run(run())


def payout(request_id: str = "p-1", **changes: Any) -> dict[str, Any]:
    """Make a good payout body."""
    body = {"request_id": request_id, "reference": "loan-1", "amount_minor": 600_000}
    return {**body, "currency": "CNY", "payee": "b-0001", **changes}


def scoring(application_id: str = "app-1", **changes: Any) -> dict[str, Any]:
    """Make a good scoring body."""
    body = {"application_id": application_id, "borrower": "b-0001", "segment": "consumer"}
    return {**body, "region": "north", "amount_minor": 600_000, **changes}


def reserve(request_id: str = "f-1", **changes: Any) -> dict[str, Any]:
    """Make a good reservation body."""
    body = {"request_id": request_id, "reference": "app-1", "amount_minor": 600_000}
    return {**body, **changes}

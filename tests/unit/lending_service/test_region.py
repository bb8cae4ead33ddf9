"""Which of two instances writes, and what the other one does with a write."""

from __future__ import annotations

import asyncio

import aiohttp
import httpx
import pytest
from starlette.types import Receive, Scope, Send

from lending_service.forwarding import Forwarder
from lending_service.region import Region
from lending_service.routes import Response
from lending_service.stores.epochs import PASSIVE
from lending_service.stores.port import StoreUnavailable
from tests.unit.lending_service.world import FakeClock


class Row:
    """The row of the database, which can be out of reach."""

    def __init__(self) -> None:
        self.epoch = 0
        self.reachable = True

    async def held(self) -> int:
        """As `Epochs.held`."""
        if not self.reachable:
            raise StoreUnavailable("cut")
        return self.epoch


class Instance:
    """An instance with what is around it; what it does is taken down."""

    def __init__(self, *, fenced: bool = True) -> None:
        self.clock, self.row, self.epoch = FakeClock(), Row(), 0
        self.done: list[str] = []
        held = self.row.held if fenced else None
        self.region = Region(
            "b", self, self._answer, self, held, self._forward, self.clock,
            asyncio.ensure_future, lambda what, text: None,
        )  # fmt: skip

    async def start(self, spawn: object) -> None:
        """Begin work on the outbox."""
        self.done.append(f"work under {self.epoch}")

    async def stop(self) -> None:
        """End it."""
        self.done.append("stop")

    async def ask(self, method: str) -> httpx.Response:
        """A request to it."""
        transport = httpx.ASGITransport(app=self.region)
        async with httpx.AsyncClient(transport=transport, base_url="http://b") as client:
            return await client.request(method, "/v1/applications")

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Response(200, b"own")(scope, receive, send)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Response(200, b"forwarded")(scope, receive, send)


def test_a_passive_instance_answers_reads_and_forwards_writes() -> None:
    """It has no epoch, and writes nothing of its own."""

    async def story(one: Instance) -> None:
        await one.region.look()
        assert (await one.ask("GET")).text == "own"
        assert (await one.ask("POST")).text == "forwarded"
        assert (one.done, one.epoch) == ([], PASSIVE)

    asyncio.run(story(Instance()))


def test_whoever_gets_the_epoch_works_and_signs_what_it_takes() -> None:
    """Under it, until another one has it."""

    async def story(one: Instance) -> None:
        one.row.epoch = 3
        await one.region.look()
        taken = await one.ask("POST")
        assert (taken.text, taken.headers["writer"]) == ("own", "b/3")
        one.row.epoch = 0
        await one.region.look()
        assert one.done == ["work under 3", "stop"]
        assert ((await one.ask("POST")).text, one.epoch) == ("forwarded", PASSIVE)

    asyncio.run(story(Instance()))


def test_a_lease_that_cannot_be_renewed_ends_by_the_own_clock() -> None:
    """Nobody can say that it still has the epoch."""

    async def story(one: Instance) -> None:
        one.row.epoch = 3
        await one.region.look()
        one.row.reachable = False
        one.clock.t_s += 1.0
        await one.region.look()
        assert one.done == ["work under 3"]
        one.clock.t_s += 1.5
        await one.region.look()
        assert one.done == ["work under 3", "stop"]

    asyncio.run(story(Instance()))


def test_without_fencing_each_instance_writes_whenever_it_is_asked_to() -> None:
    """The defect that `one_writer_an_epoch` is there for."""

    async def story(one: Instance) -> None:
        await one.region.look()
        assert (await one.ask("POST")).headers["writer"] == "b/0"
        assert one.epoch == 0

    asyncio.run(story(Instance(fenced=False)))


@pytest.mark.parametrize(
    ("headers", "cause", "code"),
    [
        ({}, aiohttp.ConnectionTimeoutError(), "not_the_writer"),
        ({}, aiohttp.ServerDisconnectedError(), "outcome_unknown"),
        ({"forwarded-by": "a"}, None, "not_the_writer"),
    ],
)
def test_a_write_that_nobody_took_is_refused_with_the_reason(
    headers: dict[str, str], cause: Exception | None, code: str
) -> None:
    """The other instance is unreachable, or may have it, or had forwarded it itself."""

    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("lost") from cause

    async def run() -> httpx.Response:
        forward = Forwarder("http://a", "b", "explained", httpx.MockTransport(lost))
        transport = httpx.ASGITransport(app=forward)
        async with httpx.AsyncClient(transport=transport, base_url="http://b") as client:
            answer = await client.post("/v1/applications", headers=headers, content=b"{}")
        await forward.close()
        return answer

    answer = asyncio.run(run())
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.json()["retryable"]

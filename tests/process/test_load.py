"""The load on real sockets: Locust in its own process against a small lending service."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RuntimeFailure
from harness.load import locust_process
from harness.load.locust_process import LocustLoad, start
from harness.workload import LoadKilled, LoadPlan

ROOT = Path(__file__).parents[2]
Event = dict[str, Any]
Writer = asyncio.StreamWriter
Handler = Callable[[str, Writer], Awaitable[None]]

BODIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/limit ", {"available_minor": 1_000_000}),
    ("POST /v1/applications ", {"application_id": "app-1", "status": "acknowledged"}),
    ("/v1/applications/", {"status": "active", "loan_id": "loan-9"}),
    ("/repayments ", {"repayment_id": "r-1", "status": "accepted"}),
    ("/v1/repayments/", {"status": "credited"}),
    ("/v1/loans/", {"schedule": [{"amount_minor": 500, "paid_minor": 0}]}),
)


def plan(journeys: dict[str, int], per_s: float, duration_s: float, drain_s: float) -> LoadPlan:
    """A plan against the reference target."""
    return LoadPlan("chaos.targets.reference", 7, per_s, journeys, duration_s, drain_s)


async def answering(line: str, writer: Writer) -> None:
    """Do every operation at once."""
    body = next(body for part, body in BODIES if part in line)
    raw = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(raw)}\r\n\r\n"
    writer.write(head.encode() + raw)


async def hanging(line: str, writer: Writer) -> None:
    """Take the request, never answer."""
    await asyncio.Event().wait()


async def closing(line: str, writer: Writer) -> None:
    """Take the request, close without an answer."""


async def resetting(line: str, writer: Writer) -> None:
    """Take the request, reset the connection."""
    no_linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)


async def babbling(line: str, writer: Writer) -> None:
    """Answer with something that is not HTTP."""
    writer.write(b"what?\r\n\r\n")


async def cutting(line: str, writer: Writer) -> None:
    """Promise more than is sent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


async def endless_head(line: str, writer: Writer) -> None:
    """Begin an answer and never come to its body."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not writer.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


async def packing(line: str, writer: Writer) -> None:
    """Pack the answer in a way that nobody knows."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: x\r\nContent-Length: 2\r\n\r\n{}")


class Service:
    """A server on a free port that hands each request to a handler.

    Args:
        handler: takes the request line and the writer.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.seen: Counter[str] = Counter()
        self.heads: list[str] = []
        self.twentieth = asyncio.Event()

    async def __aenter__(self) -> str:
        """Listen; gives the base URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2_000)
        self._tasks: set[asyncio.Task[Any]] = set()
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        self._server.close()
        for served in tuple(self._tasks):
            served.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            self.heads.append(head)
            line = head.splitlines()[0]
            self.seen[line.split(" ")[0]] += 1
            if self.seen.total() == 20:
                self.twentieth.set()
            with suppress(asyncio.CancelledError, ConnectionError):
                await self.handler(line, writer)
        finally:
            self._tasks.discard(task)
            writer.close()


async def begin(load_plan: LoadPlan, url: str, events: list[Event], folder: Path) -> LocustLoad:
    """Start a load whose events go to a list."""
    return await start(
        load_plan, base_url=url, sink=lambda event: events.append(dict(event)),
        clock_zero=lambda: time.monotonic_ns() + 50_000_000, log_path=folder / "load.log",
        python=sys.executable, env={**os.environ, "PYTHONPATH": str(ROOT)}, process_group=0,
    )  # fmt: skip


def within(seconds: float, work: Coroutine[Any, Any, Any]) -> None:
    """Run a test's work; a load that never ends fails it."""
    asyncio.run(asyncio.wait_for(work, seconds))


def invokes(events: list[Event]) -> list[Event]:
    """The invokes."""
    return [event for event in events if event["type"] == "invoke"]


def test_every_journey_of_the_plan_is_driven_and_recorded(tmp_path: Path) -> None:
    """Counts add up: arrivals, requests at the service, invokes and completions."""

    async def work() -> None:
        service, events = Service(answering), list[Event]()
        async with service as url:
            mix = {"consumer": 2, "sme": 1, "repayer": 1, "angry_retrier": 1}
            load = await begin(plan(mix, 20, 1.5, 3), url, events, tmp_path)
            report = await load.wait()
        asked = invokes(events)
        assert report.asked == report.delivered > 10
        assert report.dropped == 0
        assert len({event["p"] for event in asked}) == report.asked
        assert len(asked) == service.seen.total() == len(events) / 2
        assert {event["type"] for event in events} == {"invoke", "ok"}
        assert all(0 <= event["due"] <= event["t"] for event in asked)
        first = [event for event in asked if event["p"].endswith("/0")]
        assert first[0]["t"] - first[0]["due"] < 1e9

    within(40, work())


def test_a_service_that_never_answers_does_not_hold_up_new_arrivals(tmp_path: Path) -> None:
    """More than 200 requests hang for the whole run, and every arrival still starts on time."""

    async def work() -> None:
        events: list[Event] = []
        async with Service(hanging) as url:
            load = await begin(plan({"consumer": 1}, 120, 2.5, 0.2), url, events, tmp_path)
            report = await load.wait()
        asked = invokes(events)
        assert len(asked) == report.asked == report.delivered > 200
        assert len(events) == len(asked), "nothing was answered before the end"
        # A held-up arrival would wait for a time-out of 5 s; the bound allows for a busy machine.
        assert report.late_worst_s < 1.0
        assert max(event["t"] - event["due"] for event in asked) < 1e9

    within(40, work())


@pytest.mark.parametrize(
    ("handler", "type_", "err"),
    [
        (closing, "info", "reset"),
        (resetting, "info", "reset"),
        (babbling, "info", "protocol"),
        (cutting, "info", "protocol"),
        (endless_head, "info", "protocol"),
        (packing, "info", "protocol"),
    ],
)
def test_a_request_that_was_sent_is_never_called_refused(
    handler: Handler, type_: str, err: str, tmp_path: Path
) -> None:
    """After sending, nothing is known: info. And what is sent once arrives once."""

    async def work() -> None:
        service, events = Service(handler), list[Event]()
        async with service as url:
            load = await begin(plan({"repayer": 1}, 10, 0.5, 2.5), url, events, tmp_path)
            await load.wait()
        assert {e["f"] for e in events} == {"read_loan", "repay"}
        ends = [event for event in events if event["type"] != "invoke"]
        assert {(event["type"], event["err"]) for event in ends} == {(type_, err)}
        assert service.seen.total() == len(invokes(events)), "no silent repeat of a request"
        assert any(event["p"].endswith(".2") for event in events)

    within(40, work())


def test_a_connection_that_never_was_is_refused(tmp_path: Path) -> None:
    """Nothing listens: the request definitely did not happen."""

    async def work() -> None:
        events: list[Event] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
            load = await begin(plan({"repayer": 1}, 10, 0.5, 2), url, events, tmp_path)
            await load.wait()
        ends = [event for event in events if event["type"] != "invoke"]
        assert {(event["type"], event["err"]) for event in ends} == {("fail", "refused")}

    within(40, work())


def test_a_cookie_is_its_borrowers_own(tmp_path: Path) -> None:
    """Many borrowers share a client; a session of one that another shows would be a stranger's."""

    async def giving(line: str, writer: Writer) -> None:
        body = next(body for part, body in BODIES if part in line)
        raw = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: {len(raw)}\r\n\r\n"
        writer.write(head.encode() + raw)

    async def work() -> None:
        service, events = Service(giving), list[Event]()
        async with service as url:
            load = await begin(plan({"repayer": 1}, 10, 1, 2), url, events, tmp_path)
            await load.wait()
        assert len(service.heads) > 10
        assert not [head for head in service.heads if "session=1" in head]

    within(40, work())


def test_nobody_is_sent_elsewhere(tmp_path: Path) -> None:
    """A service that answers with a redirection does not choose where a load goes, with its body
    and its headers: that is its answer."""

    async def work() -> None:
        other, events = Service(answering), list[Event]()
        async with other as elsewhere:

            async def away(line: str, writer: Writer) -> None:
                head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}/v1/loans\r\n"
                writer.write(f"{head}Content-Length: 0\r\n\r\n".encode())

            async with Service(away) as url:
                load = await begin(plan({"consumer": 1}, 10, 1, 2), url, events, tmp_path)
                await load.wait()
        assert other.heads == []
        ends = [event for event in events if event["type"] != "invoke"]
        assert {(event["type"], event["err"]) for event in ends} == {("info", "http_307")}

    within(40, work())


def test_a_request_ends_by_its_own_time_out_alone() -> None:
    """One of 15 s is waited for: the client's own, 5 s, is none of a target's."""
    ask = (
        "from harness.load import borrowers as load; "
        "load.FastHttpUser.__init__ = lambda user, environment: None; load.bound = id; "
        "of = load.Borrowers(None).client_pool.get_client('http://127.0.0.1:9')._connection_pool; "
        "print(min(of.network_timeout, of.connection_timeout))"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert float(said.stdout or 0) > 3600, said.stderr


def test_stop_ends_the_load_within_two_seconds_with_a_report(tmp_path: Path) -> None:
    """SIGTERM in the middle of hanging requests: the report is there and the process gone."""

    async def work() -> None:
        service, events = Service(hanging), list[Event]()
        async with service as url:
            load = await begin(plan({"consumer": 1}, 40, 60, 5), url, events, tmp_path)
            await service.twentieth.wait()
            begun = time.monotonic()
            report = await load.stop()
            took_s = time.monotonic() - begun
        assert took_s < 2.0
        assert report.delivered == len(invokes(events)) >= 20
        assert report.asked > report.delivered
        with pytest.raises(ProcessLookupError):
            os.kill(load.pid, 0)

    within(40, work())


def test_a_load_that_does_not_end_is_killed_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands still, as on a machine that is far too busy: nobody calls that an early end."""
    monkeypatch.setattr(locust_process, "STOP_S_MAX", 0.2)

    async def work() -> None:
        events: list[Event] = []
        async with Service(answering) as url:
            load = await begin(plan({"consumer": 1}, 40, 60, 5), url, events, tmp_path)
            os.kill(load.pid, signal.SIGSTOP)
            with pytest.raises(LoadKilled) as killed:
                await load.stop()
            assert "did not end within 0.2 s of being asked, and was killed" in killed.value.what
            with pytest.raises(LoadKilled):
                await load.wait()

    within(40, work())


def test_a_load_that_dies_early_says_how_and_shows_its_log(tmp_path: Path) -> None:
    """Killed from outside: RuntimeFailure with the exit code, not a short report."""

    async def work() -> None:
        events: list[Event] = []
        async with Service(answering) as url:
            load = await begin(plan({"consumer": 1}, 40, 60, 5), url, events, tmp_path)
            os.kill(load.pid, 9)
            with pytest.raises(RuntimeFailure, match=r"exit code 137[\s\S]*load\.log"):
                await load.wait()

    within(40, work())


def test_a_plan_with_an_unknown_journey_fails_at_the_start(tmp_path: Path) -> None:
    """The log's last lines name what is missing."""

    async def work() -> None:
        with pytest.raises(RuntimeFailure, match=r"exit code 1[\s\S]*chaos\.journeys\.nobody"):
            await begin(plan({"nobody": 1}, 1, 1, 1), "http://127.0.0.1:9", [], tmp_path)

    within(40, work())


@pytest.mark.parametrize("end", ["stdin ended", "nobody reads the pipe"])
def test_a_load_whose_parent_is_gone_ends_itself(end: str, tmp_path: Path) -> None:
    """No orphan: when either end of the parent is gone, so is the load, amid its plan."""

    async def work() -> None:
        async with Service(hanging) as url:
            load = await begin(plan({"consumer": 1}, 40, 60, 5), url, [], tmp_path)
            ends: dict[str, Any] = {
                "stdin ended": load._process.stdin,
                "nobody reads the pipe": vars(load._lines)["_transport"],
            }
            ends[end].close()
            with pytest.raises(RuntimeFailure, match=end):
                await asyncio.wait_for(load.wait(), 2)

    within(40, work())

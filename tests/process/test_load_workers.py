"""The load as Locust is used: workers that share it, users of somebody's own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # ships no types
import pytest
import zmq

from harness.errors import RuntimeFailure
from harness.load.arrivals import arrivals
from harness.workload import LoadMaker
from tests.process.test_load import (
    ROOT,
    Event,
    Service,
    answering,
    begin,
    hanging,
    invokes,
    plan,
    within,
)

SECRET = "of one load"
USERS = """
from locust import FastHttpUser, HttpUser, constant, task

class Applicant(HttpUser):
    wait_time = constant(0.05)

    @task
    def apply(self):
        key = {"Idempotency-Key": "key-1"}
        self.client.post("/v1/applications", json={"borrower": "b-1"}, headers=key)
        self.client.get("/v1/applications/app-1", name="application")

class Reader(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/v1/borrowers/b-7/limit")
        self.client.get("/v1/applications/a/b", name="something else")
"""


def shared(workers: int) -> LoadMaker:
    """A load of so many workers, at a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return LoadMaker(workers=workers, address=f"127.0.0.1:{port}", token=SECRET)


def children(pid: int) -> list[int]:
    """Of a process."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in path.read_text("ascii").split()]


def alive(pids: list[int]) -> list[int]:
    """Those that are still there."""
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_workers_share_a_load_and_lose_nothing_of_it(tmp_path: Path) -> None:
    """Three workers: the arrivals of the plan, each once, every one recorded."""
    asked = replace(plan({"consumer": 2, "repayer": 1}, 30, 1.5, 3), maker=shared(3))

    async def work() -> None:
        service, events = Service(answering), list[Event]()
        async with service as url:
            report = await (await begin(asked, url, events, tmp_path)).wait()
        came = {f"{one.journey}/{one.number}" for one in arrivals(asked)}
        assert {event["p"] for event in events} == came
        assert report.asked == report.delivered == len(came)
        assert len(invokes(events)) == service.seen.total() == len(events) / 2

    within(60, work())


def intrude(address: str) -> Any:
    """As somebody who has not the token: joins, lies, and sends what nobody can read."""
    stranger: Any = zmq.Context.instance().socket(zmq.DEALER)
    stranger.setsockopt(zmq.IDENTITY, b"stranger")
    stranger.connect(f"tcp://{address}")
    for said in (("client_ready", -1, "stranger"), ("quit", None, "stranger"), ("spawn",)):
        stranger.send(msgpack.packb(said))
    for garbage in (b"", b"\xff" * 64, b"\xc1"):
        stranger.send(garbage)
    stranger.send_multipart([b"", b"\xc1"])
    return stranger


def test_a_stranger_at_the_port_of_the_workers_is_not_heard(tmp_path: Path) -> None:
    """Before they join and while they ask: he is no worker, and the load is whole."""
    asked = replace(plan({"consumer": 1}, 20, 1.5, 3), maker=shared(1))

    async def work() -> None:
        service, events = Service(answering), list[Event]()
        with intrude(asked.maker.address):
            async with service as url:
                load = await begin(asked, url, events, tmp_path)
                with intrude(asked.maker.address):
                    report = await load.wait()
        assert report.asked == report.delivered == len(arrivals(asked))
        assert len(invokes(events)) == service.seen.total() == len(events) / 2

    within(60, work())


def test_a_worker_that_is_killed_ends_the_load_and_is_named(tmp_path: Path) -> None:
    """Its borrowers are lost: no report of the others passes for the whole."""
    asked = replace(plan({"consumer": 1}, 40, 60, 5), maker=shared(2))

    async def work() -> None:
        service = Service(hanging)
        async with service as url:
            load = await begin(asked, url, [], tmp_path)
            await service.twentieth.wait()
            workers = children(load.pid)
            os.kill(workers[0], signal.SIGKILL)
            with pytest.raises(RuntimeFailure, match="is gone before its report"):
                await load.wait()
            assert not alive(workers)

    within(60, work())


def test_requests_of_own_users_become_operations(tmp_path: Path) -> None:
    """By name or by path, with key and arguments as the target has them; each with its end."""
    file = tmp_path / "users.py"
    file.write_text(USERS, encoding="utf-8")
    own = LoadMaker(locustfile=str(file), users=4)
    asked = replace(plan({"consumer": 1}, 1, 1.5, 3), maker=own)

    async def work() -> None:
        service, events = Service(answering), list[Event]()
        async with service as url:
            report = await (await begin(asked, url, events, tmp_path)).wait()
        begun, ended = invokes(events), [one for one in events if one["type"] != "invoke"]
        assert report.delivered == len(begun) == len(ended) > 10
        assert Counter(one["p"] for one in begun) == Counter(one["p"] for one in ended)
        seen = {(one["f"], one["k"], one["v"].get("borrower")) for one in begun}
        assert seen == {
            ("submit", "key-1", "b-1"),
            ("application", "app-1", None),
            ("read_limit", "b-7", None),
            ("something else", "", None),
        }
        limits = [one["v"] for one in ended if one["f"] == "read_limit"]
        assert limits[0]["available_minor"] == 1_000_000
        assert [one for one in ended if one["type"] != "ok"] == []

    within(60, work())


def test_nothing_is_asked_by_own_users_once_the_load_is_over(tmp_path: Path) -> None:
    """What was asked and never answered stays open; the load ends with its drain all the same."""
    file = tmp_path / "users.py"
    file.write_text(USERS, encoding="utf-8")
    own = LoadMaker(locustfile=str(file), users=4)

    async def work() -> None:
        events: list[Event] = []
        async with Service(hanging) as url:
            asked = replace(plan({"consumer": 1}, 1, 0.5, 0.5), maker=own)
            load = await begin(asked, url, events, tmp_path)
            report = await asyncio.wait_for(load.wait(), 20)
        assert report.delivered == 0
        assert len(events) == len(invokes(events)) == 4

    within(60, work())


def test_workers_join_own_users_from_elsewhere(tmp_path: Path) -> None:
    """By `harness worker` in a folder of its own, which knows the address and the token alone."""
    file = tmp_path / "users.py"
    file.write_text(USERS, encoding="utf-8")
    maker = replace(shared(1), elsewhere=True, locustfile=str(file), users=4)
    own = replace(maker, token=SECRET)
    asked = replace(plan({"consumer": 1}, 1, 1.5, 3), maker=own)
    command = [sys.executable, "-m", "harness", "worker", own.address, "--locustfile", str(file)]

    async def work() -> None:
        service, events = Service(answering), list[Event]()
        env = {**os.environ, "HARNESS_LOAD_TOKEN": SECRET, "PYTHONPATH": str(ROOT)}
        joining = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=env)
        async with service as url:
            report = await (await begin(asked, url, events, tmp_path)).wait()
        assert await joining.wait() == 0
        assert report.delivered == len(invokes(events)) == len(events) / 2 > 10
        assert {one["f"] for one in events} >= {"submit", "application", "read_limit"}

    within(60, work())

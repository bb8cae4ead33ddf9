"""Retries, their budget, and the breaker: on virtual time."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from lending_service.modes import Modes
from lending_service.policy import Breaker, Called, Policy
from lending_service.ports import NoReply, Refused, Reply
from tests.unit.lending_service.world import FakeClock, design


class Scripted:
    """A client that answers from a list, and then works."""

    def __init__(self, *outcomes: Reply | Exception) -> None:
        """Answer with these, one after another."""
        self.outcomes = list(outcomes)
        self.calls = 0

    async def call(self, *_: Any) -> Reply:
        """The next outcome."""
        self.calls += 1
        outcome = self.outcomes.pop(0) if self.outcomes else Reply(200, {})
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class FailsAt(Scripted):
    """A client that one third party refuses; counts the calls to that one."""

    def __init__(self, name: str) -> None:
        """Refused there, well everywhere else."""
        super().__init__()
        self._name = name

    async def call(self, *call: Any) -> Reply:
        """Refuse, or answer."""
        if call[0] != self._name:
            return Reply(200, {})
        self.calls += 1
        raise Refused(self._name)


def tried(
    client: Scripted, times: int = 1, names: tuple[str, ...] = ("risk",), **changes: Any
) -> tuple[list[Called], FakeClock]:
    """Results of so many steps, each tried while it is not ok, at these parties in turn."""
    clock = FakeClock()
    of = design("hardened", **changes)
    policy = Policy(of, client, clock, random.Random(1), lambda *_: None)

    async def step(name: str) -> Called:
        async def once(_: int) -> Called:
            return await policy.once(name, "GET", "/x")

        return await policy.tried(name, once, lambda called: called.outcome != "ok")

    async def steps() -> list[Called]:
        return [await step(name) for _ in range(times) for name in names]

    async def run() -> list[Called]:
        task = asyncio.ensure_future(steps())
        while not task.done():
            await clock.pass_s(10.0)
        return task.result()

    return asyncio.run(run()), clock


def test_retry_ends_with_the_first_success() -> None:
    """Two failures, then well: three calls."""
    client = Scripted(NoReply("x"), Reply(500, {}))
    results, _ = tried(client)
    assert (results[0].outcome, client.calls) == ("ok", 3)


def test_retry_stops_at_tries_max_and_tells_the_last_outcome() -> None:
    """No fourth call."""
    client = Scripted(*[Refused("x")] * 9)
    results, _ = tried(client)
    assert (results[0].outcome, client.calls) == ("refused", 3)


def test_retry_budget_bounds_calls_to_a_dead_dependency() -> None:
    """R4: 10 retries saved up, then a fifth of the first calls."""
    client = Scripted(*[Refused("x")] * 999)
    tried(client, times=50, breaker=None)
    assert client.calls <= 50 + 10 + 50 * 0.2 + 1
    unbounded = Scripted(*[Refused("x")] * 999)
    tried(unbounded, times=50, breaker=None, retry_budget_ratio=None)
    assert unbounded.calls == 150


def test_calls_that_work_elsewhere_pay_for_no_retries_here() -> None:
    """R4: a busy payment gateway is no reason to call a dead risk engine more often."""
    client = FailsAt("risk")
    tried(client, times=50, names=("risk", "payment_a", "payment_b"), breaker=None)
    assert client.calls <= 50 + 10 + 50 * 0.2 + 1


def test_retry_ends_when_the_breaker_opens() -> None:
    """No pause for a call that would not be made."""
    client = Scripted(*[NoReply("x")] * 999)
    results, _ = tried(client, times=20)
    assert client.calls == 5
    assert results[-1].outcome == "refused"


@pytest.mark.parametrize("status", [503, 429])
def test_only_not_taken_statuses_are_definite(status: int) -> None:
    """A 500 may come after the effect; a 503 says that the call was not taken."""
    assert Called("error", status).not_taken
    assert not Called("error", 500).not_taken
    assert not Called("no_reply").not_taken


def test_breaker_opens_probes_and_closes() -> None:
    """Five failures in a row; 2 s; at most two probes at once; two good ones."""
    clock, seen = FakeClock(), []
    rule = design("hardened").breaker
    breaker = Breaker(rule, clock, lambda old, new: seen.append(new))
    for _ in range(5):
        assert breaker.allow()
        breaker.note("no_reply")
    assert not breaker.allow()
    clock.t_s += 2.0
    assert [breaker.allow() for _ in range(3)] == [True, True, False]
    breaker.note("ok")
    breaker.note("ok")
    assert seen == ["open", "half_open", "closed"]


def test_failed_probe_opens_again_and_a_cancelled_one_frees_its_place() -> None:
    """A probe that was cut off says nothing about the dependency."""
    clock = FakeClock()
    breaker = Breaker(design("hardened").breaker, clock, lambda *_: None)
    for _ in range(5):
        breaker.note("error")
    clock.t_s += 2.0
    assert [breaker.allow(), breaker.allow()] == [True, True]
    breaker.note(None)
    assert breaker.allow()
    breaker.note("refused")
    assert breaker.state == "open"


def test_mode_outlasts_a_flap_and_ends_by_itself() -> None:
    """R9: exit only after the dependency was well for `mode_exit_s`; every change is kept."""
    clock = FakeClock()
    modes = Modes(clock, 3.0, "risk", ("payment_a", "payment_b"), ("funding_a",))

    def mode(operation: str) -> object:
        return modes.status()[operation]["mode"]

    modes.breaker_changed("payment_a", "closed", "open")
    assert mode("repay") == "FULL"
    modes.breaker_changed("payment_b", "closed", "open")
    assert mode("repay") == mode("disburse") == "QUEUE"
    modes.breaker_changed("payment_b", "half_open", "closed")
    clock.t_s += 2.0
    modes.breaker_changed("payment_b", "closed", "open")
    clock.t_s += 2.0
    modes.breaker_changed("payment_b", "half_open", "closed")
    assert mode("repay") == "QUEUE"
    clock.t_s += 3.1
    assert mode("repay") == "FULL"
    assert [event.new for event in modes.events if event.operation == "repay"] == ["QUEUE", "FULL"]

"""Retries, their budget, and the breaker: on virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lending_service.modes import ModeEvent, Modes
from lending_service.policy import Breaker, Called, Policy
from lending_service.ports import NoReply, Refused, Reply
from lending_service.statuses import retry_after_s
from lending_service.upstreams import worth_another
from tests.unit.lending_service.world import FakeClock, design


class Scripted:
    """A client that answers from a list, and then works."""

    def __init__(self, *outcomes: Reply | Exception) -> None:
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
        super().__init__()
        self._name = name

    async def call(self, *call: Any) -> Reply:
        """Refuse, or answer."""
        if call[0] != self._name:
            return Reply(200, {})
        self.calls += 1
        raise Refused(self._name)


def _nobody(*_: Any) -> None:
    """Nobody is told."""


def tried(
    client: Scripted,
    times: int = 1,
    names: tuple[str, ...] = ("risk",),
    again: Callable[[Called], bool] = lambda called: called.outcome != "ok",
    **changes: Any,
) -> tuple[list[Called], FakeClock]:
    """Results of so many steps, each tried while it is not ok, at these parties in turn."""
    clock = FakeClock()
    of = design("hardened", **changes)
    policy = Policy(of, client, clock, random.Random(1), lambda *_: None)

    async def step(name: str) -> Called:
        async def once(_: int) -> Called:
            return await policy.once(name, "GET", "/x")

        return await policy.tried(name, once, again)

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


@pytest.mark.parametrize("status", [503, 429, 401])
def test_only_statuses_that_the_design_trusts_are_definite(status: int) -> None:
    """Any status may come from a proxy after the effect, unless it is agreed otherwise."""
    for trusted in ((), (status,)):
        client = Scripted(*[Reply(status, {})] * 9)
        results, _ = tried(client, not_taken_statuses=trusted)
        assert results[0].not_taken is bool(trusted)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 418, 421])
def test_denied_call_is_not_tried_again(status: int) -> None:
    """X16: the same credentials do not get better; the breaker counts each."""
    client = Scripted(*[Reply(status, {"code": "unauthorized"})] * 99)
    results, _ = tried(client, times=9, again=worth_another, credentials=None)
    assert (results[0].outcome, client.calls) == ("denied", 5)


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_retry_after_is_obeyed_up_to_its_cap(status: int) -> None:
    """Nobody is called before the time that it asked for, and none asks for ever."""
    for asked_s, left_s in ((3.0, 3.0), (600.0, 10.0)):
        clock = FakeClock()
        client = Scripted(Reply(status, {}, asked_s))
        of = design("hardened", retry_after_cap_s=10.0)
        policy = Policy(of, client, clock, random.Random(1), lambda *_: None)

        async def call(policy: Policy = policy) -> str:
            return (await policy.once("risk", "GET", "/x")).outcome

        asyncio.run(call())
        clock.t_s += left_s - 0.01
        assert asyncio.run(call()) == "refused"
        clock.t_s += 0.02
        assert asyncio.run(call()) == "ok"


def test_retry_after_is_ignored_by_a_design_that_says_so() -> None:
    """What an unprotected service does."""
    client = Scripted(Reply(503, {}, 3.0))
    results, _ = tried(client, retry_after_cap_s=None)
    assert (results[0].outcome, client.calls) == ("ok", 2)


@pytest.mark.parametrize(
    ("value", "date", "wait_s"),
    [
        ("3", None, 3.0),
        ("0", None, 0.0),
        ("Thu, 01 Jan 2026 00:00:07 GMT", "Thu, 01 Jan 2026 00:00:02 GMT", 5.0),
        ("Thu, 01 Jan 2026 00:00:07 GMT", None, 7.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", None, 0.0),
        ("soon", None, None),
        ("-1", None, None),
        (None, None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    value: str | None, date: str | None, wait_s: float | None
) -> None:
    """RFC 9110 10.2.3; a date counts from the `Date` of the same reply."""
    assert retry_after_s(value, date, datetime(2026, 1, 1, tzinfo=UTC)) == wait_s


def test_jitter_is_a_value_of_the_design() -> None:
    """Without it those who failed together come back together."""

    def pauses(jitter: float) -> set[float]:
        policy = Policy(
            design("hardened", jitter=jitter), Scripted(), FakeClock(), random.Random(1), _nobody
        )
        state: Any = SimpleNamespace(attempt_number=1)
        return {policy._pause_s(state) for _ in range(9)}

    assert len(pauses(0.0)) == 1
    assert len(pauses(0.5)) == 9


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
    """R9: exit only after the dependency was well for `mode_exit_s`; every change is told."""
    clock = FakeClock()
    modes = Modes(clock, 3.0, "risk", ("payment_a", "payment_b"), ("funding_a",))
    seen: list[ModeEvent] = []
    modes.changed = seen.append

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
    assert [event.mode for event in seen if event.operation == "repay"] == ["QUEUE", "FULL"]

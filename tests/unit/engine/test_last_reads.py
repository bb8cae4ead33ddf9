"""What is read once the load is over, and how often."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from harness.history import HistoryWriter
from harness.last_reads import LastReads
from harness.looks import Stop
from harness.model import Outcome
from harness.ports import Runtime
from harness.target import Call, Completion, Request, Target

SLOW_ROUNDS = 3  # rounds in which `slow` is not final yet


class _Clock:
    """A clock that only its own sleeps move."""

    def __init__(self) -> None:
        self.t_s = 0.0

    def now_s(self) -> float:
        return self.t_s

    async def sleep(self, seconds: float) -> None:
        self.t_s += seconds


class _Target:
    """Two things to read: `quick` is final at once, `slow` after some rounds."""

    entry = "users->shop"
    links = (SimpleNamespace(name="users->shop", callee="shop"),)

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def final_reads(self, history: Any) -> list[Call]:
        return [Call("read", "quick"), Call("read", "slow")]

    def request(self, call: Call) -> Request:
        return Request("GET", "/" + call.k)

    def classify(self, call: Call, answer: str) -> Completion:
        self.asked[call.k] += 1
        final = call.k == "quick" or self.asked["slow"] > SLOW_ROUNDS
        return Completion(Outcome.OK, value={"final": final})

    def loose_ends(self, completions: dict[str, Completion]) -> int:
        return sum(not one.value["final"] for one in completions.values())


def _read(target: _Target, until_s: float) -> str:
    async def ask(service: str, request: Request) -> str:
        return ""

    runtime = cast("Runtime", SimpleNamespace(clock=_Clock(), ask=ask))
    reads = LastReads(runtime, cast("Target", target), HistoryWriter(io.BytesIO(), {}))
    return asyncio.run(reads.until_final(until_s, Stop()))


def test_what_is_final_is_not_asked_for_in_every_round_but_once_more_at_the_end() -> None:
    """In the rounds between only the thing that is open is asked for."""
    target = _Target()
    assert _read(target, until_s=60) == "2 last reads, 0 not final"
    assert target.asked == {"quick": 2, "slow": SLOW_ROUNDS + 2}


def test_time_that_is_over_ends_the_reads_and_says_what_is_not_final() -> None:
    """The reads are bounded by the time to answer."""
    target = _Target()
    assert _read(target, until_s=1) == "2 last reads, 1 not final"
    assert target.asked["quick"] == 1

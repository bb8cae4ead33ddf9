"""Locust's own page, for people: the borrowers of runs, started and stopped by hand.

    locust -f page.py ──HARNESS_LOAD_PLAN──> {"plan": of one user, "base_url", "users_max"}

Each user on the page is a stream of borrowers who arrive on their own, so users times the rate of
the plan is how many come a second, however slowly the service answers. Whatever is typed in: no
more than `users_max` users, no longer than `duration_s` of the plan, no other address.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types

from harness.clock import RunClock, monotonic_ns
from harness.json_types import JsonDict
from harness.load import borrowers
from harness.load.command import PLAN
from harness.rng import fresh_seed

RAMP_S_MAX = 60.0  # chosen: Locust asks for no new shape while it starts users
RATE_MIN = 0.1  # users started a second; chosen


def document() -> JsonDict:
    """The plan of one user, the address of the service, and how many users there may be."""
    with open(os.environ[PLAN], encoding="utf-8") as file:
        return dict(json.load(file))


class Bounded(borrowers.Shape):
    """What was typed in, within the bounds."""

    def tick(self) -> tuple[int, float] | None:
        """Locust asks every second how many users there should be and how fast they are started.

        Returns:
            None when the time is over.
        """
        asked: Any = self.runner and self.runner.environment.parsed_options
        bounds = document()
        longest_s = bounds["plan"]["duration_s"]
        t_s: float = self.get_run_time()  # type: ignore[no-untyped-call]  # of Locust
        if t_s >= min(asked.run_time or longest_s, longest_s):
            return None
        users = min(max(asked.num_users or 1, 1), bounds["users_max"])
        slowest = max(users / RAMP_S_MAX, RATE_MIN)
        return users, max(slowest, asked.spawn_rate or slowest)


class Stream(borrowers.Load):
    """Borrowers of one user, until its time is over or it is stopped."""

    def come(self) -> None:
        """Let every borrower come at a time of its own, under a number that was never used."""
        self.clock, first = RunClock(monotonic_ns()), monotonic_ns()
        for arrival in self.arrivals:
            self._sleep_until(arrival.t_s)
            self._admit(replace(arrival, number=first + arrival.number))
        gevent.sleep(self.plan.drain_s + borrowers.GRACE_S)  # the shape ends it before that


def nobody(event: Mapping[str, object]) -> None:
    """No history is kept: people look at the page."""


def come(user: borrowers.Borrowers) -> None:
    """What a user does, for as long as there is one; a journey or a target that raises is a defect
    of the harness, and ends them all."""
    plan = {**document()["plan"], "seed": fresh_seed().value}
    stop = user.environment.runner.stop
    stream = Stream({"plan": plan}, user, nobody, lambda: gevent.spawn(stop))
    try:
        stream.come()
    finally:
        stream.finish()


class Streams(borrowers.Borrowers):
    """Each a stream of borrowers."""

    tasks: list[Any] = [come]  # noqa: RUF012 - named and typed by Locust

    def __init__(self, environment: Any) -> None:
        """Aim at the one address that there is, whatever the page was told."""
        self.host = document()["base_url"]
        super().__init__(environment)

"""Locust's own page, for people: the borrowers of runs, started and stopped by hand.

    locust -f page.py ──HARNESS_LOAD_PLAN──> {"plan": of one user, "base_url", "users_max"}

Each user on the page is a stream of borrowers who arrive on their own, so users times the rate of
the plan is how many come a second, however slowly the service answers. Whatever is typed in: no
more than `users_max` users, no longer than `duration_s` of the plan, no other address.
"""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types

from harness.clock import RunClock, monotonic_ns
from harness.json_types import JsonDict
from harness.load import locustfile
from harness.rng import fresh_seed

RAMP_S_MAX = 60.0  # chosen: Locust asks for no new shape while it starts users
RATE_MIN = 0.1  # users started a second; chosen

signal.setitimer(signal.ITIMER_REAL, 0)  # the alarm is for runs: a page waits for its person


def document() -> JsonDict:
    """The plan of one user, the address of the service, and how many users there may be."""
    with open(os.environ["HARNESS_LOAD_PLAN"], encoding="utf-8") as file:
        return dict(json.load(file))


class Bounded(locustfile.Shape):
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


class Stream(locustfile.Load):
    """Borrowers of one user, until its time is over or it is stopped."""

    def run(self) -> None:
        """Let every borrower come at a time of its own, under a number that was never used."""
        self.clock, first = RunClock(monotonic_ns()), monotonic_ns()
        for arrival in self.arrivals:
            self._sleep_until(arrival.t_s)
            self._admit(replace(arrival, number=first + arrival.number))
        gevent.sleep(self.plan.drain_s + locustfile.GRACE_S)  # the shape ends it before that

    def _crashed(self, greenlet: gevent.Greenlet) -> None:
        """A journey or a target that raises is a defect of the harness: end the load, loudly."""
        gevent.spawn(self.user.environment.runner.stop)


def come(user: locustfile.Borrowers) -> None:
    """What a user does, for as long as there is one."""
    plan = {**document()["plan"], "seed": fresh_seed().value}
    nobody = os.open(os.devnull, os.O_WRONLY)  # no history is kept: people look at the page
    stream = Stream({"plan": plan, "fd": nobody}, user)
    try:
        stream.run()
    finally:
        stream.finish()
        os.close(nobody)


class Streams(locustfile.Borrowers):
    """Each a stream of borrowers."""

    tasks: list[Any] = [come]  # noqa: RUF012 - named and typed by Locust

    def __init__(self, environment: Any) -> None:
        """Aim at the one address that there is, whatever the page was told."""
        self.host = document()["base_url"]
        super().__init__(environment)

"""Borrowers on real sockets: Locust, driven by an open model. Needs a worker's plan and the zero.

Who gives them is `locustfile.py` for runs and `page.py` for people.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import asdict
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types
from gevent import pool
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.response import HTTPConnectionClosed
from locust import FastHttpUser, LoadTestShape
from locust.contrib.fasthttp import LocustBadStatusCode

from harness.clock import NS, RunClock
from harness.json_types import JsonDict, JsonObject
from harness.load.addresses import Addresses, goes_on
from harness.load.arrivals import OPEN_MAX, Arrival, Tally, arrivals, journey_dice
from harness.load.bounded import bound
from harness.load.driver import AtOnce, Drive, Send, SleepUntil, drive, find_journey
from harness.model import Outcome
from harness.target import BODY_MAX, Answer, Completion, Request, decoded, load_target
from harness.workload import LoadPlan, Sink

GRACE_S = 5.0  # past the drain
ENDLESS_S = 86_400.0  # each request has a time-out of its own; that of geventhttpclient is 5 s


class _OneTry(HTTPClientPool):
    """A connection for each request, and each request sent once.

    geventhttpclient sends an idempotent request again, up to the size of its pool, when the
    connection closes without a reply: a borrower who asks once would ask 2,000 times, and nobody
    would see the first failure. And a connection that is used again just as the service closes it
    would look like a fault (measured: 3 requests in 10 against a server that closes after each).
    """

    def get_client(self, url: Any) -> HTTPClient:
        client = super().get_client(url)
        sockets = client._connection_pool
        sockets.size = -1  # only the number of repeats is read from it
        sockets.return_socket = sockets.release_socket  # type: ignore[method-assign]  # no seam
        return client


class Load:
    """Some or all of the borrowers of a plan.

    Args:
        document: plan and addresses, as the parent wrote them; without addresses the one that
            Locust was given.
        user: gives the HTTP client and Locust's environment.
        put: takes each event.
        failed: called when a journey or a target raises: a defect of the harness, ends the load.
    """

    def __init__(
        self,
        document: JsonObject,
        user: FastHttpUser,
        put: Sink,
        failed: Callable[[], None],
    ) -> None:
        """Resolve every name before anything is sent."""
        self.plan = LoadPlan(**document["plan"])
        self.arrivals = arrivals(self.plan)
        self.target = load_target(self.plan.target)
        self.kinds = {n: find_journey(n, self.plan.refs, self.target) for n in self.plan.journeys}
        self.base_urls = document.get("base_urls", {})
        self.addresses = Addresses(document.get("addresses", [""]))
        self.user = user
        # One client, many borrowers: a cookie of one must not go out with another's request.
        user.client.cookiejar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.put = put
        self.failed = failed
        self.open = pool.Group()
        self.clock = RunClock(0)
        self.tally = Tally()

    @property
    def end_s(self) -> float:
        """When the last journey is cut, run clock."""
        return self.plan.duration_s + self.plan.drain_s

    def run(self, clock: RunClock, share: tuple[int, int] = (0, 1)) -> None:
        """Let every borrower come, drain.

        Args:
            share: which of how many workers this is: each has the borrowers whose numbers leave
                its own as the remainder.
        """
        self.clock = clock
        which, workers = share
        self.arrivals = [one for one in self.arrivals if one.number % workers == which]
        for arrival in self.arrivals:
            self._sleep_until(arrival.t_s)
            self._admit(arrival)
        self._sleep_until(self.plan.duration_s)
        self.open.join(timeout=max(0.0, self.end_s - self.clock.now_s()))
        self.finish()

    def finish(self) -> None:
        """Cut what is still open; idempotent."""
        self.open.kill(block=False)

    def report(self) -> JsonDict:
        """A `LoadReport` of these borrowers."""
        return asdict(self.tally.report(len(self.arrivals)))

    def _admit(self, arrival: Arrival) -> None:
        if len(self.open) >= OPEN_MAX:
            self.tally.dropped += 1
            return
        self.open.spawn(self._journey, arrival).link_exception(self._crashed)

    def _journey(self, arrival: Arrival) -> None:
        self.tally.started(arrival, self.clock.now_s())
        dice = journey_dice(self.plan, arrival.number)
        steps = drive(
            self.kinds[arrival.journey].steps(arrival.number, dice),
            name=f"{arrival.journey}/{arrival.number}",
            due_ns=round(arrival.t_s * NS),
            target=self.target,
            emit=self.put,
            now_ns=lambda: round(self.clock.now_s() * NS),
        )
        self._play(steps)

    def _play(self, steps: Drive) -> Completion | None:
        reply: Answer | tuple[Completion | None, ...] | None = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                done: Completion | None = end.value
                return done
            reply = None
            if isinstance(step, SleepUntil):
                self._sleep_until(step.t_ns / NS)
            elif isinstance(step, AtOnce):
                parts = [self.open.spawn(self._play, part) for part in step.parts]
                gevent.joinall(parts, raise_error=True)
                reply = tuple(part.value for part in parts)
            elif isinstance(step, Send):
                reply = self._send(step)

    def _send(self, step: Send) -> Answer:
        """One request, at the first of the addresses that answers."""
        if step.request.to:
            return self._ask(step, self.base_urls.get(step.request.to, ""))
        for address in self.addresses:
            answer = self._ask(step, address)
            self.addresses.learn(address, answer)
            if not goes_on(step.request, answer):
                break
        return answer

    def _ask(self, step: Send, address: str) -> Answer:
        """Locust counts it under the operation's name, as failed unless it is ok."""
        request = step.request
        with (
            gevent.Timeout(request.timeout_s),
            self.user.client.request(
                request.method, address + request.path, name=step.call.f, catch_response=True,
                data=_body(request), headers=_headers(request),
            ) as response,
        ):  # fmt: skip
            answer = _answer(response)
            completion = self.target.classify(step.call, answer)
            if completion.outcome is Outcome.OK:
                response.success()
            else:
                response.failure(completion.err)
        return answer

    def _sleep_until(self, t_s: float) -> None:
        gevent.sleep(max(0.0, t_s - self.clock.now_s()))

    def _crashed(self, greenlet: gevent.Greenlet) -> None:
        self.failed()


def _body(request: Request) -> str | None:
    if request.text is not None:
        return request.text
    return None if request.body is None else json.dumps(request.body)


def _headers(request: Request) -> dict[str, str]:
    headers = {**request.headers, "Connection": "close", "Accept-Encoding": "identity"}
    return headers if request.body is None else {"Content-Type": "application/json", **headers}


def _answer(response: Any) -> Answer:
    error = response.request_meta["exception"]
    if error is not None and not isinstance(error, LocustBadStatusCode):
        return Answer(None, error=_kind(getattr(error, "original", error)))
    body = decoded(response.content or b"", BODY_MAX)
    headers = {name.lower(): value for name, value in (response.headers or {}).items()}
    return Answer(response.status_code, body, headers=headers)


def _kind(error: BaseException) -> str:
    """What became of a request without an answer; only a connection that never was is `refused`."""
    if isinstance(error, gevent.Timeout | TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError | socket.gaierror):
        return "refused"
    return "reset" if isinstance(error, HTTPConnectionClosed | OSError) else "protocol"


class Borrowers(FastHttpUser):
    """A Locust user behind which many borrowers share a client."""

    abstract = True
    max_redirects = 0

    def __init__(self, environment: object) -> None:
        """Make room for one connection a borrower."""
        self.client_pool = _OneTry(
            concurrency=OPEN_MAX + 1, connection_timeout=ENDLESS_S, network_timeout=ENDLESS_S
        )
        super().__init__(environment)
        bound(self)


class Shape(LoadTestShape):
    """How many users at which second; for the page, where people choose, within bounds."""

    abstract = True
    use_common_options = True  # or the page would not ask

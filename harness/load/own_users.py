"""Users of somebody's own locustfile as the load: their requests become the history.

Locust is given that file and this one. A request is an operation of the target by its `name`, else
by its method and path. What the history holds of it:

    k          `context["key"]` of the request, else what stands where the target puts the key
    v          invoke: `context["args"]`, else its JSON body and what stands in its path;
               completion: what the target makes of the answer (of other requests the HTTP status)

Users wait for their answers, so a sick service is asked less: a closed model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import count
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types
from gevent import event
from locust import events
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.exception import StopUser
from locust.rpc.zmqrpc import BaseSocket

from harness.asked import Asked, Operations
from harness.clock import NS, RunClock
from harness.json_types import JsonDict, JsonObject
from harness.load.alarm import end_after, start_s
from harness.load.borrowers import GRACE_S
from harness.load.clocks import boot_id
from harness.load.command import PLAN
from harness.load.coordinator import Coordinator
from harness.load.keys import encrypt
from harness.load.member import Member, settle
from harness.load.messages import tell_worker, token
from harness.target import load_target

CONTEXT = "harness"  # the key in a request's context under which we know it again


class Recorder(Member):
    """What users of this process ask, as events."""

    def __init__(self, runner: Any) -> None:
        """Listen to the coordinator."""
        self.operations: Operations
        self.ready = event.Event()
        self.clock = RunClock(0)
        self.open: dict[str, Asked] = {}
        self.numbers = count()
        self.ended = 0
        self.answered = event.Event()
        self.over = False
        super().__init__(runner, {"begin": self._begin, "over": self._over})
        for session in (HttpSession, FastHttpSession):
            watched = self._watched(session.request)
            session.request = watched  # type: ignore[method-assign]  # no seam
        events.request.add_listener(self._completed)  # type: ignore[no-untyped-call]  # of Locust

    def _watched(self, request: Callable[..., Any]) -> Callable[..., Any]:
        """The same, and what is asked is written down first: an answer may never come."""

        def asking(session: Any, method: str, url: str, *args: Any, **how: Any) -> Any:
            self.ready.wait()
            if self.over:
                raise StopUser
            context = dict(how.get("context") or {})
            asked = self.operations.asked(method, url, how, context)
            process = self._process(session)
            self.open[process] = asked
            self._put(process, "invoke", asked, asked.args)
            how["context"] = {**context, CONTEXT: process}
            how["name"] = how.get("name") or asked.f
            return request(session, method, url, *args, **how)

        return asking

    def _process(self, session: Any) -> str:
        """A name for each request: users may have several at once."""
        user = getattr(session, "user", None)
        which = getattr(self.runner, "worker_index", 0)
        return f"{type(user).__name__}/{which}.{next(self.numbers)}"

    def _completed(self, *, context: JsonObject | None = None, **event: Any) -> None:
        """Locust says how a request ended; of clients of other kinds it says only that."""
        process = str((context or {}).get(CONTEXT, ""))
        asked = self.open.pop(process, None)
        if asked is None:
            process, asked = self._process(None), Asked(str(event["name"]))
            self._put(process, "invoke", asked, {}, ago_s=float(event["response_time"] or 0) / 1000)
        done = self.operations.completed(asked, event)
        self.ended += 1
        self.answered.set()
        self._put(process, done.outcome.value, asked, done.value, err=done.err)

    def _put(
        self, process: str, type_: str, asked: Asked, v: JsonObject,
        *, err: str = "", ago_s: float = 0.0,
    ) -> None:  # fmt: skip
        t = round((self.clock.now_s() - ago_s) * NS)
        self.outbox.put({
            "t": t, "p": process, "type": type_, "f": asked.f, "k": asked.k, "v": dict(v),
            "err": err, "due": t if type_ == "invoke" else None, "src": "client",
        })  # fmt: skip

    def _begin(self, _: str, said: JsonDict) -> None:
        gevent.spawn(self._get_ready, said)

    def _get_ready(self, said: JsonObject) -> None:
        """Users wait for it: of the run a worker knows no more than it is told."""
        self.operations = Operations(load_target(said["target"]))
        self.clock = RunClock(said["t0_ns"] - self.ahead_ns(said["boot"]))
        end_after(said["end_s"] + GRACE_S - self.clock.now_s())
        self.ready.set()

    def _over(self, _: str, said: JsonDict) -> None:
        """Nothing is asked any more; what has been asked may still be answered."""
        self.over = True
        gevent.spawn(self._drain, said["drain_s"])

    def _drain(self, drain_s: float) -> None:
        with gevent.Timeout(drain_s, False):
            while self.open:
                self.answered.clear()
                self.answered.wait()
        self.report()

    def done(self) -> JsonObject:
        """Users of one's own ask when they can: nothing is late."""
        done = {"asked": self.ended, "delivered": self.ended}
        return {**done, "late": 0, "dropped": 0, "late_worst_s": 0.0}


class OwnUsers(Coordinator):
    """Gives users of somebody's own the zero, and ends them."""

    def start(self, **_: object) -> None:
        """Before the first user is started: the load is ready, and waits for its zero."""
        plan = self.document["plan"]
        t0_ns = self.zero()
        self.members = [client.id for client in getattr(self.runner, "clients", _Local()).all]
        end_s = plan["duration_s"] + plan["drain_s"]
        for worker in self.members:
            about = {"target": plan["target"], "boot": boot_id(), "end_s": end_s}
            tell_worker(self.runner, worker, "begin", t0_ns=t0_ns, **about)
        clock = RunClock(t0_ns)
        gevent.spawn_later(plan["duration_s"] - clock.now_s(), self._over, plan["drain_s"])
        gevent.spawn(self.watch)
        gevent.sleep(max(0.0, -clock.now_s()))

    def _over(self, drain_s: float) -> None:
        """Requests under way may be answered, as long as the drain."""
        for worker in self.members:
            tell_worker(self.runner, worker, "over", drain_s=drain_s)


class _Local:
    """The one process of a load without workers."""

    id = "local"

    @property
    def all(self) -> list[_Local]:
        return [self]


@events.init.add_listener  # type: ignore[untyped-decorator]  # of Locust
def begin(environment: Any, runner: Any, web_ui: Any, **_: object) -> None:
    """Both sides listen before anybody asks."""
    options = environment.parsed_options
    settle(options, web_ui)
    if not options.worker:
        with open(os.environ[PLAN], encoding="utf-8") as file:
            workers = options.expect_workers if options.master else 1
            users = OwnUsers(environment, json.load(file), workers)
        events.test_start.add_listener(users.start)  # type: ignore[no-untyped-call]  # of Locust
    if not options.master:
        Recorder(runner)


encrypt(BaseSocket, token())
end_after(start_s())

"""The load of a run: the borrowers of a plan, in one process or shared by workers.

    parent ──plan file, HARNESS_LOAD_PLAN──> this process, or the master of the workers
           <──pipe──  {"ready": true}
           ──stdin──> {"t0_ns": 123}
           <──pipe──  events ..., {"report": {...}} as the last line

It ends at duration + drain, on SIGTERM, when the parent is gone (stdin ends, or nobody reads the
pipe), and in any case when the kernel's alarm goes off.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types
from gevent import event
from locust import events, task
from locust.exception import StopUser
from locust.rpc.zmqrpc import BaseSocket

from harness.clock import RunClock
from harness.json_types import JsonDict, JsonObject
from harness.load.alarm import end_after, start_s
from harness.load.borrowers import GRACE_S, Borrowers, Load
from harness.load.command import PLAN
from harness.load.coordinator import Coordinator
from harness.load.keys import encrypt
from harness.load.member import Member, settle
from harness.load.messages import tell_coordinator, token


class Share(Member):
    """One worker's part of the borrowers."""

    def __init__(self, runner: Any) -> None:
        """Listen to the coordinator."""
        self.load: Load | None = None
        self.said = {what: event.AsyncResult() for what in ("plan", "begin")}
        super().__init__(runner, dict.fromkeys(self.said, self._take))

    def run(self, user: Borrowers) -> None:
        """From the first word to the report."""
        tell_coordinator(self.runner, "hello")
        plan = self.said["plan"].get()
        self.load = Load(plan["document"], user, self.outbox.put, self._crashed)
        ahead_ns = self.ahead_ns(plan["boot"])
        tell_coordinator(self.runner, "joined")
        begin = self.said["begin"].get()
        clock = RunClock(begin["t0_ns"] - ahead_ns)
        end_after(self.load.end_s + GRACE_S - clock.now_s())
        self.load.run(clock, (begin["which"], begin["workers"]))
        self.report()

    def done(self) -> JsonObject | None:
        """Of its borrowers; what is open is cut."""
        if self.load is None:
            return None
        self.load.finish()
        return self.load.report()

    def fail(self, why: str) -> None:
        """It cannot go on."""
        self.outbox.flush()
        tell_coordinator(self.runner, "failed", why=why)

    def _take(self, _: str, said: JsonDict) -> None:
        self.said[said["what"]].set(said)

    def _crashed(self) -> None:
        """A journey or a target that raises is a defect of the harness: end the load, loudly."""
        gevent.spawn(self.fail, "a journey or the target raised; see its log")


class WholeRun(Borrowers):
    """The one user of a process: its borrowers, from the first to the last."""

    share: Share

    @task
    def whole_run(self) -> None:
        """All of them, once."""
        try:
            self.share.run(self)
        except Exception as error:
            # Locust would log it and start the task again; here it is the end.
            logging.exception("load: the plan cannot be run")
            self.share.fail(repr(error))
        finally:
            self.share.report()
        raise StopUser


@events.init.add_listener  # type: ignore[untyped-decorator]  # of Locust
def begin(environment: Any, runner: Any, web_ui: Any, **_: object) -> None:
    """Both sides listen before anybody speaks."""
    options = environment.parsed_options
    settle(options, web_ui)
    if not options.worker:
        with open(os.environ[PLAN], encoding="utf-8") as file:
            workers = options.expect_workers if options.master else 1
            coordinator = Coordinator(environment, json.load(file), workers)
        gevent.spawn(coordinator.gather)
    if not options.master:
        WholeRun.share = Share(runner)


encrypt(BaseSocket, token())
end_after(start_s())

"""The end of a load that holds the pipe: gathers workers, passes events on, adds reports up."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import gevent  # type: ignore[import-untyped]  # ships no types
from gevent import event

from harness.clock import RunClock, monotonic_ns
from harness.json_types import JsonDict, JsonObject
from harness.load.alarm import end_after
from harness.load.clocks import boot_id
from harness.load.messages import TO_COORDINATOR, Handler, hear, tell_worker
from harness.load.pipe import Pipe, read_line

LOOK_S = 0.5  # chosen: how often it is seen whether every worker is still there
REPORT_S_MAX = 1.0  # chosen: how long the last reports may take once the load was told to end
OVER_S = 7.0  # past the drain; after the alarms of the workers
GONE = "missing"  # Locust's word for a worker that gives no sign of life
ADDED = ("asked", "delivered", "late", "dropped")


class Coordinator:
    """Of one run's load.

    Args:
        environment: Locust's.
        document: plan, addresses and the pipe, as the parent wrote them.
        workers: how many share the load.
    """

    def __init__(self, environment: Any, document: JsonObject, workers: int) -> None:
        """Listen to workers; nobody is there yet."""
        self.environment, self.runner = environment, environment.runner
        self.document, self.workers = document, workers
        self.pipe = Pipe(document["fd"])
        self.members: list[str] = []
        self.joined: set[str] = set()
        self.reports: dict[str, JsonDict] = {}
        self.complete, self.all_in = event.Event(), event.Event()
        self.ending = self.over = False
        environment.process_exit_code = 1  # until the report is out
        environment.events.quitting.add_listener(self.finish)
        hear(self.runner, TO_COORDINATOR, self.handlers())

    def handlers(self) -> Mapping[str, Handler]:
        """By what is said."""
        return {
            "hello": self._hello,
            "joined": self._joined,
            "clock": self._clock,
            "events": self._events,
            "report": self._report,
            "failed": self._failed,
        }

    def gather(self) -> None:
        """Wait for everybody, then for the zero of the run clock; let them begin."""
        self.complete.wait()
        t0_ns = self.zero()
        for which, worker in enumerate(self.members):
            share = {"which": which, "workers": len(self.members)}
            tell_worker(self.runner, worker, "begin", t0_ns=t0_ns, **share)
        self.watch()

    def zero(self) -> int:
        """Say that the load is ready; the zero of the run clock, ns."""
        self.pipe.put({"ready": True})
        t0_ns: int = json.loads(read_line())["t0_ns"]
        plan, clock = self.document["plan"], RunClock(t0_ns)
        end_after(plan["duration_s"] + plan["drain_s"] + OVER_S - clock.now_s())
        gevent.spawn(read_line)  # returns never: the parent writes no second line
        return t0_ns

    def watch(self) -> None:
        """Until the end: a worker that is gone took borrowers along."""
        clients = getattr(self.runner, "clients", None)
        while clients is not None and not self.ending:
            for worker in set(self.members) - set(self.reports):
                if worker not in clients or clients[worker].state == GONE:
                    logging.error("load: the worker %s is gone before its report", worker)
                    self.quit()
                    return
            gevent.sleep(LOOK_S)

    def finish(self, **_: object) -> None:
        """Let every worker cut what is open, add up what they report; idempotent."""
        if self.over:
            return
        self.ending = True
        for worker in self.members:
            tell_worker(self.runner, worker, "end")
        self.all_in.wait(REPORT_S_MAX)
        self._close()

    def quit(self) -> None:
        """End Locust."""
        self.ending = self.over = True
        gevent.spawn(self._quit)

    def _quit(self) -> None:
        self.runner.quit()
        if self.environment.web_ui:
            self.environment.web_ui.stop()

    def _hello(self, worker: str, said: JsonObject) -> None:
        if worker not in self.members and len(self.members) < self.workers:
            self.members.append(worker)
        shown = {name: self.document[name] for name in ("plan", "addresses", "base_urls")}
        tell_worker(self.runner, worker, "plan", boot=boot_id(), document=shown)

    def _clock(self, worker: str, said: JsonObject) -> None:
        tell_worker(self.runner, worker, "clock", sent_ns=said["sent_ns"], now_ns=monotonic_ns())

    def _joined(self, worker: str, said: JsonObject) -> None:
        self.joined.add(worker)
        if len(self.joined & {*self.members}) == self.workers:
            self.complete.set()

    def _events(self, worker: str, said: JsonObject) -> None:
        for one in said["events"]:
            self.pipe.put(one)

    def _report(self, worker: str, said: JsonObject) -> None:
        self.reports[worker] = said["report"]
        if len(self.reports) == len(self.members):
            self.all_in.set()
            if not self.over:
                self._close()
                self.quit()

    def _failed(self, worker: str, said: JsonObject) -> None:
        """Why stands in its log; here it is the end."""
        logging.error("load: the worker %s cannot go on: %s", worker, said["why"])
        self.quit()

    def _close(self) -> None:
        """Nothing goes out after the report."""
        self.over = True
        self.pipe.close({"report": added(self.reports.values())})
        if len(self.reports) == len(self.members):
            self.environment.process_exit_code = 0


def added(reports: Any) -> JsonDict:
    """One report of several."""
    reports = list(reports)
    total: JsonDict = {name: sum(one[name] for one in reports) for name in ADDED}
    return {**total, "late_worst_s": max((one["late_worst_s"] for one in reports), default=0.0)}

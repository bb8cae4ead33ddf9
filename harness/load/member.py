"""A process that asks: a worker, or the one process of a load without workers."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from gevent import event  # type: ignore[import-untyped]  # ships no types

from harness.clock import monotonic_ns
from harness.json_types import JsonDict, JsonObject
from harness.load.alarm import end_after, start_s
from harness.load.clocks import ahead_ns, boot_id
from harness.load.messages import TO_WORKER, Handler, Outbox, hear, tell_coordinator
from harness.load.page_guard import guard
from harness.procfs import signal_with_parent_gone


class Member(ABC):
    """Its side of the talk with the coordinator.

    Args:
        runner: Locust's, of a worker or of a load of one process.
        handlers: of what else it is told.
    """

    def __init__(self, runner: Any, handlers: Mapping[str, Handler]) -> None:
        """Listen to the coordinator."""
        self.runner = runner
        self.outbox = Outbox(runner)
        self.reported = False
        self._time = event.AsyncResult()
        own = {"clock": self._told_time, "end": self._end}
        hear(runner, TO_WORKER, {**handlers, **own})

    @abstractmethod
    def done(self) -> JsonObject | None:
        """A `LoadReport` of what was done here; None where nothing has begun."""

    def report(self) -> None:
        """Say what was done, the last thing that is said; idempotent."""
        if not self.reported and (done := self.done()) is not None:
            self.reported = True
            self.outbox.flush()
            tell_coordinator(self.runner, "report", report=done)

    def ahead_ns(self, boot: str) -> int:
        """How far the clock of the coordinator's machine is ahead of ours, ns.

        Args:
            boot: of that machine.
        """
        return 0 if boot == boot_id() else ahead_ns(self._ask_time, monotonic_ns)

    def _ask_time(self, sent_ns: int) -> int:
        self._time = event.AsyncResult()
        tell_coordinator(self.runner, "clock", sent_ns=sent_ns)
        return int(self._time.get()["now_ns"])

    def _told_time(self, _: str, said: JsonDict) -> None:
        self._time.set(said)

    def _end(self, _: str, said: JsonDict) -> None:
        self.report()


def settle(options: Any, web_ui: Any) -> None:
    """What every process of a load needs before anybody speaks.

    Args:
        options: of Locust.
        web_ui: Locust's page, where there is one.
    """
    end_after(start_s())  # once more: a process that was forked has no alarm
    if options.worker and options.processes:
        signal_with_parent_gone(signal.SIGKILL)
    if web_ui:
        guard(web_ui)

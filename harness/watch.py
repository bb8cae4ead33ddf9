"""Watches a run under load, and ends it early when it cannot say any more what it was to say."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from harness.experiment import Experiment
from harness.history import HistoryWriter
from harness.looks import Stop
from harness.ports import Exit, NoticesExits, Runtime
from harness.workload import Load, LoadEnded, LoadReport

WATCH_S = 0.1  # chosen: a tripped limit must have stopped and undone everything within 2 s
GUARD_S = 60.0  # chosen: what a service fails at now and then never adds up, however long a run is


@dataclass
class Growth:
    """How much a counter has grown within the last seconds.

    Args:
        within_s: how far back it counts, in s.
    """

    within_s: float
    _seen: deque[tuple[float, int]] = field(default_factory=lambda: deque([(float("-inf"), 0)]))

    def at(self, now_s: float, count: int) -> int:
        """Take a look: the counter stands at `count`."""
        self._seen.append((now_s, count))
        while self._seen[1][0] <= now_s - self.within_s:
            self._seen.popleft()
        return count - self._seen[0][1]


@dataclass
class Watch:
    """Stops a run early: the load is gone, a program has died, or the blast radius says so.

    Args:
        counters: what happened so far, in business units.
        note: writes a clock event: (name, values).
        under_test: name of the service under test.
    """

    experiment: Experiment
    runtime: Runtime
    writer: HistoryWriter
    counters: Mapping[str, int]
    stop: Stop
    note: Callable[[str, dict[str, object]], None]
    under_test: str
    _looked_s: float = 0.0
    _harm: Growth = field(default_factory=lambda: Growth(GUARD_S))

    async def over(self, load: Load, work: asyncio.Task[LoadReport]) -> None:
        """Watch until somebody asks to stop; then the load ends at once, while the nemesis
        undoes."""
        while not self.stop.asked:
            if reason := self._reason(work):
                self.stop.ask(reason)
            await self.runtime.clock.sleep(WATCH_S)
        self.note("stopped", {"why": self.stop.reason})
        with suppress(LoadEnded):  # whoever waits for its report says so
            await load.stop()

    def _reason(self, work: asyncio.Task[LoadReport]) -> str:
        limit, now_s = self.experiment.abort_when, self.runtime.clock.now_s()
        count = self._harm.at(now_s, self.counters.get(limit.subject, 0)) if limit else 0
        if self.writer.failure is not None:
            return "the history cannot be written"
        if died := self.exits():
            return f"{' and '.join(died)} ended unasked"
        if work.done() and now_s < self.experiment.load_s - 2 * WATCH_S:
            return "the load ended before its time"
        if limit and limit.holds(count):
            return f"abort-when {limit}: {limit.subject} = {count} within {GUARD_S:.0f} s"
        return ""

    def exits(self) -> list[str]:
        """Names of programs that ended unasked since the last look; noted in the history."""
        if not isinstance(self.runtime, NoticesExits):
            return []
        now_s = self.runtime.clock.now_s()
        found = self.runtime.unasked_exits()
        for one in found:
            self.note_exit(one)
        self._looked_s = now_s
        return [one.program for one in found]

    def note_exit(self, one: Exit) -> None:
        """Write down that a program ended unasked, since the last look (`alive_s`, run clock); of
        the service under test it is a finding."""
        by_itself = one.program == self.under_test and not one.signalled
        told = {"what": _described(one), "finding": by_itself, "alive_s": self._looked_s}
        self.note("exit", {**asdict(one), **told})


def _described(one: Exit) -> str:
    how = f"exit code {one.code}" + (", killed by a signal of somebody else's" * one.signalled)
    return f"{one.program} ended unasked ({how}){one.last_words}"

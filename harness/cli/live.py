"""What a person sees of a run that goes on: lines of progress, and under them, on a terminal, the
state of the run; elsewhere a line now and then. `NO_COLOR` takes the colours away."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.cli.console import note
from harness.clock import RunClock, monotonic_ns
from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict
from harness.live.beside import Beside
from harness.live.meter import Meter, Reading
from harness.model import Phase
from harness.report.words import duration
from harness.runner import Run
from harness.runtime_registry import load_runtime
from harness.store import RunFolder
from harness.text import line

HEARTBEAT_S = 10.0  # chosen: a log of CI shows that a run is alive
DRAW_S = 0.5


class View:
    """The progress of one run.

    Args:
        serving: whether the page of the report is served meanwhile.
    """

    def __init__(self, *, serving: bool = False) -> None:
        self._serving = serving
        self._clock = RunClock(monotonic_ns())
        self._live: Live | None = None
        self._beside: Beside | None = None
        self._verdicts: JsonDict = {}

    def say(self, text: str) -> None:
        """One line of progress."""
        told = f"{self._clock.now_s():6.1f} s  {line(text)}"
        if self._live is None:
            note(told)
        else:
            self._live.console.print(Text(told), soft_wrap=True)

    @asynccontextmanager
    async def watch(self, run: Run, folder: RunFolder) -> AsyncIterator[None]:
        """Show a run in real time while it goes on."""
        screen = is_screen()
        if screen or self._serving:
            self._start_beside(folder)
        meter = Meter(run.experiment, run.writer.events)
        show = self._draw(run, meter) if screen else self._beat(run, meter)
        task = asyncio.create_task(show)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self._live is not None:
                self._live.stop()
                self._live = None

    def close(self) -> None:
        """The report is written: whoever looks at the page gets it, then nothing is left."""
        if self._beside is not None:
            self._beside.end()

    def _start_beside(self, folder: RunFolder) -> None:
        try:
            self._beside = Beside(folder.path, self._hear, serving=self._serving)
        except OSError as error:
            self.say(f"no live page and no verdicts so far: {error}; the run goes on")

    def _hear(self, said: JsonDict) -> None:
        if "url" in said:
            self.say(f"live: {said['url']}")
        else:
            self._verdicts = said

    async def _beat(self, run: Run, meter: Meter) -> None:
        while True:
            await self._clock.sleep(HEARTBEAT_S)
            reading = meter.look(run.runtime.clock.now_s())
            if reading.phase:
                self.say(_line(reading, self._verdicts))

    async def _draw(self, run: Run, meter: Meter) -> None:
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._live.start()
        while True:
            reading = meter.look(run.runtime.clock.now_s())
            self._live.update(panel(reading, self._verdicts), refresh=True)
            await self._clock.sleep(DRAW_S)


def refuse_live(runtime: str) -> None:
    """In virtual time a run is over before anybody has looked.

    Raises:
        ConfigError: the runtime is deterministic.
    """
    if load_runtime(runtime).deterministic:
        raise ConfigError(
            Problem(
                f"{runtime} runs in virtual time: it is over before a page could be looked at",
                "--live",
                "a runtime in real time: process, docker",
                "leave --live out and open report.html in the folder of the run",
            )
        )


def is_screen() -> bool:
    """Whether stderr is a terminal that can be drawn on."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def panel(reading: Reading, verdicts: JsonDict) -> Group:
    """The state of a run, a few lines."""
    head = Text(reading.phase or "starting", "bold")
    if reading.phase == Phase.SETTLED:
        head.append(f", {reading.read} last reads so far", "dim")
    if reading.left_s is not None:
        head.append(f", {reading.left_s:.0f} s left", "dim")
    for fault in reading.active:
        head.append("   ")
        head.append(f" {line(fault)} ", "bold white on red")
    table = Table(box=None, show_header=True, header_style="dim", pad_edge=False)
    for name in ("operations/s", "errors in 5 s", "p99", "operations", "failed"):
        table.add_column(name, justify="right")
    bad = "bold red" if reading.errors else ""
    table.add_row(
        f"{reading.rate:.1f}",
        Text(str(reading.errors), bad),
        duration(reading.p99_s),
        str(reading.done),
        Text(str(reading.failed), "red" if reading.failed else ""),
    )
    return Group(head, table, _so_far(verdicts))


def _so_far(verdicts: JsonDict) -> Text:
    if not verdicts:
        return Text("no invariant judged yet", "dim")
    broken = verdicts["broken"]
    text = Text(f"so far {verdicts['held']} invariants hold, {verdicts['unknown']} not known yet")
    if broken:
        text.append(f", BROKEN: {line(', '.join(broken))}", "bold red")
    return text


def _line(reading: Reading, verdicts: JsonDict) -> str:
    if reading.phase == Phase.SETTLED:
        return f"settled: {reading.read} last reads so far"
    left = "" if reading.left_s is None else f", {reading.left_s:.0f} s left"
    active = f"; active: {', '.join(reading.active)}" if reading.active else ""
    broken = f"; BROKEN: {', '.join(verdicts['broken'])}" if verdicts.get("broken") else ""
    return (
        f"{reading.phase}{left}: {reading.rate:.1f} operations/s, {reading.errors} errors in 5 s, "
        f"p99 {duration(reading.p99_s)}, {reading.done} operations, {reading.failed} failed"
        f"{active}{broken}"
    )

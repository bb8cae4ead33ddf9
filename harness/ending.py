"""How a run ended (signal, error, stall), and the verdict that follows.

once          SIGHUP, SIGINT, SIGTERM: the load ends, every fault is undone, all is written down
twice         what is going on is cancelled; the undo is not, and is looked up afterwards
an accident   an error with the place where it happened; the traceback stands in error.txt
a stall       the harness itself was stopped (SIGSTOP, a laptop that slept): inconclusive
"""

from __future__ import annotations

import asyncio
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.clock import RunClock, monotonic_ns, poll
from harness.errors import HarnessError, HealFailed, described
from harness.history import History
from harness.looks import Stop
from harness.model import EXIT_CODES, EXITS, RunVerdict
from harness.undo.faultlog import FaultLog
from harness.verdict import Findings, decide

ERROR = "error.txt"
ENDED = "every program of the run has ended, and every fault with it"
CLEARED = "what may still be active is cleared by: harness faults clear"
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
TICK_S = 0.5
STALL_S = 5.0  # chosen: a busy machine takes less between two ticks; a watchdog waits for 3 s
UNDO_BY_OTHERS_S = 6.0  # chosen: a watchdog looks every 0.25 s and undoes within 2 s

Say = Callable[[str], None]


@dataclass
class Ending:
    """How a run ended.

    Args:
        history: what was recorded; None until something was.
        interrupted: by what, "" when by nothing.
        twice: what was going on was cancelled.
        stalled_s: the longest time in which the harness itself did not run.
        active: faults that nobody proved undone.
    """

    findings: Findings
    history: History | None = None
    interrupted: str = ""
    twice: bool = False
    error: HarnessError | None = None
    clean: bool = False
    stalled_s: float = 0.0
    active: tuple[str, ...] = ()

    def verdict(self) -> tuple[RunVerdict, tuple[str, ...]]:
        """The verdict and its reasons."""
        verdict, reasons = self._verdict()
        if verdict is RunVerdict.UNSAFE:
            reasons = (*reasons, ENDED if self.clean and not self.active else CLEARED)
        return verdict, reasons

    def _verdict(self) -> tuple[RunVerdict, tuple[str, ...]]:
        ended = tuple(filter(None, (self.interrupted, str(self.error or ""))))
        if self.active or isinstance(self.error, HealFailed):
            return RunVerdict.UNSAFE, (*self.active, *ended)
        verdict, reasons = decide(self.findings)
        if verdict is RunVerdict.UNSAFE:
            return verdict, (*reasons, *ended)
        if self.interrupted:
            return RunVerdict.INTERRUPTED, (f"{self.interrupted}; every fault was undone",)
        if self.stalled_s > STALL_S:
            stood = f"the harness itself was stopped for {self.stalled_s:.0f} s: nothing is proven"
            return RunVerdict.INCONCLUSIVE, (stood, *(ended or reasons))
        return (RunVerdict.ERROR, ended) if self.error else (verdict, reasons)

    def exit_code(self, verdict: RunVerdict) -> int:
        """Of the process."""
        if verdict is not RunVerdict.INTERRUPTED:
            return EXIT_CODES[verdict]
        return next((code for name, code in EXITS.items() if name in self.interrupted), 130)

    def accident(self, error: BaseException, folder: Path) -> None:
        """Keep what nobody expected; its traceback goes into the folder of the run."""
        with suppress(OSError):
            (folder / ERROR).write_text("".join(traceback.format_exception(error)), "utf-8",
                                        "backslashreplace")  # fmt: skip
        self.error = error if isinstance(error, HarnessError) else HarnessError(described(error))


def catch_signals(stop: Stop, ending: Ending, say: Say) -> None:
    """From here on, a signal ends the run in order."""
    loop, main = asyncio.get_running_loop(), asyncio.current_task()
    assert main is not None

    def on(number: signal.Signals) -> None:
        if not ending.interrupted:
            say(f"{number.name}: ending the load, undoing every fault; once more: at once")
            ending.interrupted = f"interrupted by {number.name}"
            stop.ask(ending.interrupted)
        elif not ending.twice:
            ending.twice = True
            main.cancel()

    for number in SIGNALS:
        with suppress(ValueError):  # not the main thread: a test suite handles its own signals
            loop.add_signal_handler(number, on, number)


@contextmanager
def no_signals() -> Iterator[None]:
    """While the result is written down, nobody ends the process but by SIGKILL."""
    before = {}
    with suppress(ValueError):  # not the main thread
        before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def notice_stalls(ending: Ending) -> None:
    """Until cancelled: how long did this process not run?"""
    clock = RunClock(monotonic_ns())
    while True:
        before_s = clock.now_s()
        await clock.sleep(TICK_S)
        ending.stalled_s = max(ending.stalled_s, clock.now_s() - before_s - TICK_S)


def still_active(log: FaultLog) -> tuple[str, ...]:
    """Faults that are not proven undone, after those who can undo them had the time to."""
    clock = RunClock(monotonic_ns())
    asyncio.run(poll(lambda: not log.active(), clock, within_s=UNDO_BY_OTHERS_S, every_s=0.1))
    return tuple(f"{one.kind} at {one.where} is not proven undone" for one in log.active())

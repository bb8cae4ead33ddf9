"""An event loop in virtual time: nothing waits, time jumps to the next instant at which it matters.

    ready callbacks, in an order drawn from the seed ──> none left: jump to the next timer
                                                              └─ no timer either: Deadlock

Time is counted in whole microseconds. Nanoseconds in a float of seconds run out after 194 days of
virtual time: a timer then falls on the present instant for ever. Loans last for months.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import signal
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from harness.errors import HarnessError
from harness.rng import Dice, Seed
from harness.runtimes.sim.handles import TICKS, Ending, Handle, Timer, ended, shuffled
from harness.runtimes.sim.refusing import Refusing

T = TypeVar("T")

SLACK = 1e-3  # of a tick: what adding floats may be off by
TASK = "task"  # what nobody named; to number them costs time


class Adopting(Ending, Protocol):
    """Whom tasks belong to: one life of a service."""

    life: str

    def adopt(self, task: asyncio.Task[object]) -> None:
        """Take note of a task."""


HOME: contextvars.ContextVar[Adopting] = contextvars.ContextVar("home")
"""The process of the simulation whose code runs; its callbacks and tasks inherit it."""


class Deadlock(HarnessError):
    """Nothing can run and no time will come: something waits for what will never happen."""


class SimLoop(Refusing):
    """The loop.

    Args:
        dice: draw the order of what is ready at one instant; without them, first in, first out.
    """

    def __init__(self, dice: Dice | None = None) -> None:
        super().__init__()
        self._dice = dice
        self._tick = 0
        self._timers: list[tuple[int, int, Timer]] = []
        self._timer_count = 0
        self._deadlines: dict[float, deque[tuple[int, asyncio.Future[object]]]] = {}
        """By time-out: of equal ones the first to begin is the first to end."""
        self._quiet: asyncio.Future[None] | None = None
        self._quiet_until = 0
        self._nobodys = contextvars.Context()
        self._signals: dict[int, Any] = {}
        self._ready: deque[Handle] = deque()
        self.standing: set[object] = set()
        """Homes that stand still: their callbacks are put aside until `wake`."""
        self._aside: dict[object, list[Handle]] = {}

    _stopping: bool  # of BaseEventLoop
    get_debug = staticmethod(bool)  # each future and task asks: in C, and always "no"

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._tick / TICKS

    def call_soon(  # type: ignore[override]  # a handle of our own
        self,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> Handle:
        """Call in the next turn."""
        if context is None:
            context = contextvars.copy_context()
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]  # a handle of our own
        self,
        when: float,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> Timer:
        """Call at `when`; an instant that has not come yet is at least a microsecond away."""
        return self._timer(self._rounded(when * TICKS), callback, args, context)

    def call_later(  # type: ignore[override]  # a handle of our own
        self,
        delay: float,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> Timer:
        """Call after `delay` seconds; one above zero lets at least a microsecond pass."""
        tick = self._rounded(self._tick + delay * TICKS)
        return self._timer(tick, callback, args, context)

    def _timer(
        self,
        tick: int,
        callback: Callable[..., object],
        args: tuple[object, ...],
        context: contextvars.Context | None,
    ) -> Timer:
        if context is None:
            context = contextvars.copy_context()
        handle = Timer(callback, args, context, tick=tick)
        self._timer_count += 1
        heapq.heappush(self._timers, (tick, self._timer_count, handle))
        return handle

    def _rounded(self, exact: float) -> int:
        """The tick of an instant: not before it, not before now, and later than now if it is."""
        tick = int(exact)
        if tick < exact - SLACK:
            tick += 1
        return tick if tick > self._tick else self._tick + (exact > self._tick)

    def limit(self, outcome: asyncio.Future[Any], seconds: float) -> None:
        """Fail `outcome` with a TimeoutError when it is not done after `seconds`.

        There is one for each call, and few pass: a queue costs less than a timer.
        """
        queue = self._deadlines.setdefault(seconds, deque())
        queue.append((self._rounded(self._tick + seconds * TICKS), outcome))

    def quiet(self, until_s: float) -> asyncio.Future[None]:
        """Done when nothing more happens before `until_s`: no timer, nothing ready; one at a
        time."""
        self._quiet = self.create_future()
        self._quiet_until = int(until_s * TICKS)
        return self._quiet

    def stand(self, home: object) -> None:
        """Let the callbacks of `home` wait from now on."""
        self.standing.add(home)

    def wake(self, home: object) -> None:
        """Let them run again, those that fell due meanwhile at once."""
        self.standing.discard(home)
        self._ready.extend(self._aside.pop(home, ()))

    def _run_once(self) -> None:
        """Turns, until it is to stop: what is ready now, or a jump in time."""
        ready, dice = self._ready, self._dice
        while True:
            if not ready:
                self._jump()
            batch = list(ready)
            ready.clear()
            if dice is not None and len(batch) > 1:
                batch = shuffled(batch, dice)
            if self.standing:
                batch = self._may_run(batch)
            for handle in batch:
                if not handle.is_cancelled:
                    try:
                        handle.context.run(handle.callback, *handle.args)
                    except (SystemExit, KeyboardInterrupt) as how:
                        if not ended(handle.context.get(HOME), how):
                            raise
                    except BaseException as error:
                        self._failed(handle, error)
            if self._stopping:
                return

    def _failed(self, handle: Handle, error: BaseException) -> None:
        message = f"Exception in callback {handle.callback!r}"
        self.call_exception_handler({"message": message, "exception": error})

    def _jump(self) -> None:
        """Make ready what is next, or say that all is quiet until then."""
        tick = self._next_tick()
        if self._quiet is not None and (tick is None or tick > self._quiet_until):
            if tick is not None:
                self._tick = max(self._tick, self._quiet_until)
            quiet, self._quiet = self._quiet, None
            if not quiet.done():
                quiet.set_result(None)
            return
        if tick is None:
            raise Deadlock(f"nothing can run at {self.time():.6f} s and no time will come")
        self._tick = tick
        timers = self._timers
        while timers and timers[0][0] == tick:
            self._ready.append(heapq.heappop(timers)[2])
        for queue in self._deadlines.values():
            while queue and queue[0][0] == tick:
                self._ready.append(Handle(_too_late, (queue.popleft()[1],), self._nobodys))

    def _next_tick(self) -> int | None:
        """When something is next to happen. Timers that were cancelled go, and deadlines whose
        outcome has come."""
        timers = self._timers
        while timers and timers[0][2].is_cancelled:
            heapq.heappop(timers)
        tick = timers[0][0] if timers else None
        for queue in self._deadlines.values():
            while queue and queue[0][1].done():
                queue.popleft()
            if queue and (tick is None or queue[0][0] < tick):
                tick = queue[0][0]
        return tick

    def _may_run(self, batch: list[Handle]) -> list[Handle]:
        going: list[Handle] = []
        for handle in batch:
            home = handle.context.get(HOME)
            if home in self.standing:
                self._aside.setdefault(home, []).append(handle)
            else:
                going.append(handle)
        return going

    def create_task(  # type: ignore[override]  # the same with fewer words
        self,
        coro: Coroutine[object, object, object],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        """A task; it belongs to the home in whose context it is made."""
        task = asyncio.Task(coro, loop=self, name=name or TASK, context=context)
        home = HOME.get(None) if context is None else context.get(HOME)
        if home is not None:
            home.adopt(task)
        return task

    def add_signal_handler(  # type: ignore[override]  # typeshed wants TypeVarTuples
        self, sig: int, callback: Callable[..., object], *args: Any
    ) -> None:
        """Real signals still arrive: the callback runs before anything else of the next turn.

        Raises:
            ValueError: this is not the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ValueError("signals are handled in the main thread alone")
        before = signal.signal(sig, lambda *_: self.call_soon(callback, *args))
        self._signals.setdefault(sig, before)

    def remove_signal_handler(self, sig: int) -> bool:
        """Put back what handled it before."""
        if sig not in self._signals:
            return False
        signal.signal(sig, self._signals.pop(sig))
        return True

    def close(self) -> None:
        """Close; signal handlers go back to what they were."""
        for sig in list(self._signals):
            self.remove_signal_handler(sig)
        super().close()

    def call_soon_threadsafe(  # type: ignore[override]  # typeshed wants TypeVarTuples
        self, callback: Callable[..., object], *args: Any, **kw: Any
    ) -> Handle:
        """The same as `call_soon`; there is one thread."""
        return self.call_soon(callback, *args, **kw)

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""


def _too_late(outcome: asyncio.Future[object]) -> None:
    if not outcome.done():
        outcome.set_exception(TimeoutError("no reply in time"))


def run(work: Coroutine[object, object, T], seed: int) -> T:
    """Run in virtual time, as `asyncio.run` does in real time.

    Args:
        seed: draws the order of what is ready at one instant.
    """
    dice = Seed(seed).stream("sim/order")
    with asyncio.Runner(loop_factory=lambda: SimLoop(dice)) as runner:
        return runner.run(work)

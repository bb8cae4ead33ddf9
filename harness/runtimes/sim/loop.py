"""An event loop in virtual time: nothing waits, time jumps to the next moment at which it matters.

    ready callbacks, in an order drawn from the seed ──> none left: jump to the next timer
                                                              └─ no timer either: Deadlock

Time is counted in whole microseconds. Nanoseconds in a float of seconds run out after 194 days of
virtual time: a timer then falls on the present moment for ever. Loans last for months.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import signal
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from harness.errors import HarnessError
from harness.rng import Dice

TICKS = 1_000_000  # a second
SLACK = 1e-3  # of a tick: what adding floats may be off by

HOME: contextvars.ContextVar[Any] = contextvars.ContextVar("home")
"""The process of the simulation whose code runs; its callbacks and tasks inherit it."""


class Deadlock(HarnessError):
    """Nothing can run and no time will come: something waits for what will never happen."""


class NoRealWorld(HarnessError):
    """Code in the simulation asked for a socket, a file descriptor, a thread or a child process."""


class SimLoop(asyncio.BaseEventLoop):
    """The loop.

    Args:
        dice: draw the order of what is ready at one moment; without them it is first in, first out.
    """

    def __init__(self, dice: Dice | None = None) -> None:
        """Begin at time zero."""
        super().__init__()
        self._dice = dice
        self._tick = 0
        self._timers: list[tuple[int, int, asyncio.TimerHandle]] = []
        self._timer_count = 0
        self._deadlines: list[tuple[float, asyncio.Future[Any]]] = []
        self._quiet: asyncio.Future[None] | None = None
        self._quiet_until = 0
        self._nobodys = contextvars.Context()
        self._signals: dict[int, Any] = {}
        self._ready: deque[asyncio.Handle] = deque()
        self.standing: set[object] = set()
        """Homes that stand still: their callbacks are put aside until `wake`."""
        self._aside: dict[object, list[asyncio.Handle]] = {}

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._tick / TICKS

    def call_soon(  # type: ignore[override]  # typeshed wants TypeVarTuples
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call in the next turn."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(  # type: ignore[override]  # typeshed wants TypeVarTuples
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at `when`; a moment that has not come yet is at least a microsecond away."""
        exact = when * TICKS
        tick = int(exact)
        if tick < exact - SLACK:
            tick += 1
        if tick <= self._tick:
            tick = self._tick + (exact > self._tick)
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timer_count += 1
        heapq.heappush(self._timers, (tick, self._timer_count, handle))
        return handle

    def call_later(  # type: ignore[override]  # typeshed wants TypeVarTuples
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call after `delay` seconds; one above zero lets at least a microsecond pass."""
        least = 1 / TICKS if delay > 0 else 0.0
        return self.call_at(self.time() + max(delay, least), callback, *args, context=context)

    def limit(self, outcome: asyncio.Future[Any], seconds: float) -> None:
        """Fail `outcome` with a TimeoutError when it is not done after `seconds`.

        Most calls are answered at the moment at which they are made: they cost no timer.
        """
        self._deadlines.append((self.time() + seconds, outcome))

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
        """One turn: what is ready now, or a jump in time."""
        ready = self._ready
        if not ready:
            self._jump()
        batch = list(ready)
        ready.clear()
        if self._dice is not None and len(batch) > 1:
            self._dice.shuffle(batch)
        if self.standing:
            batch = self._may_run(batch)
        for handle in batch:
            if not handle._cancelled:
                handle._run()

    def _jump(self) -> None:
        for when, outcome in self._deadlines:
            if not outcome.done():
                self._time_out(outcome, when)
        self._deadlines.clear()
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)
        if self._quiet is not None and (not timers or timers[0][0] > self._quiet_until):
            if timers:
                self._tick = max(self._tick, self._quiet_until)
            quiet, self._quiet = self._quiet, None
            if not quiet.done():
                quiet.set_result(None)
            return
        if not timers:
            raise Deadlock(f"nothing can run at {self.time():.6f} s and no time will come")
        self._tick = timers[0][0]
        while timers and timers[0][0] == self._tick:
            self._ready.append(heapq.heappop(timers)[2])

    def _time_out(self, outcome: asyncio.Future[Any], when: float) -> None:
        timer = self.call_at(when, _too_late, outcome, context=self._nobodys)
        outcome.add_done_callback(lambda _: timer.cancel())

    def _may_run(self, batch: list[asyncio.Handle]) -> list[asyncio.Handle]:
        going: list[asyncio.Handle] = []
        for handle in batch:
            home = handle._context.get(HOME)  # type: ignore[attr-defined]  # no public way to it
            if home in self.standing:
                self._aside.setdefault(home, []).append(handle)
            else:
                going.append(handle)
        return going

    def create_task(  # type: ignore[override]  # the same with fewer words
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        """A task; it belongs to the home in whose context it is made."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
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

    def run_in_executor(  # type: ignore[override]  # it never returns
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> NoReturn:
        """Refused: a thread runs in real time."""
        raise NoRealWorld(f"{func}: a thread in virtual time; make the endpoint async")

    def call_soon_threadsafe(  # type: ignore[override]  # typeshed wants TypeVarTuples
        self, callback: Callable[..., object], *args: Any, **kw: Any
    ) -> asyncio.Handle:
        """The same as `call_soon`; there is one thread."""
        return self.call_soon(callback, *args, **kw)

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    async def getaddrinfo(self, host: Any, port: Any, **kw: Any) -> NoReturn:
        """Refused."""
        raise NoRealWorld(f"looking up {host}:{port} in virtual time; use the client handed in")

    async def create_connection(self, *args: Any, **kw: Any) -> NoReturn:
        """Refused."""
        raise NoRealWorld(f"a socket to {args[1:3]} in virtual time; use the client handed in")

    async def create_server(self, *args: Any, **kw: Any) -> NoReturn:
        """Refused."""
        raise NoRealWorld("a listening socket in virtual time; services are called in process")

    async def subprocess_exec(self, *args: Any, **kw: Any) -> NoReturn:
        """Refused."""
        raise NoRealWorld(f"a child process in virtual time: {args[1:2]}")


def _too_late(outcome: asyncio.Future[Any]) -> None:
    if not outcome.done():
        outcome.set_exception(TimeoutError("no reply in time"))

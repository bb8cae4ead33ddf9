"""Links that count their calls and do to some of them what a plan says."""

from __future__ import annotations

import asyncio
import contextvars
import re
from collections.abc import Mapping, Sized
from functools import lru_cache, partial
from typing import Any, NamedTuple

from harness.rng import Dice
from harness.runtimes.sim.host import GONE, Home, Host
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.messages import Ask, Reply
from harness.runtimes.sim.modes import AFTER_S, REQUESTS, WRITE, Mode, Point
from harness.runtimes.sim.wire import DatabaseWay, Wire

DOWN_S = 0.2  # chosen: how long a crashed service is away
_ID = re.compile(r"/(?!v\d+(?:/|$))[^/]*\d[^/]*")  # a segment with a digit in it, versions aside


class Fired(NamedTuple):
    """A fault that happened."""

    point: Point
    mode: Mode
    t_s: float
    t_over_s: float


class Script:
    """What a plan does, and what calls there were.

    Args:
        plan: call -> how it goes wrong.
    """

    def __init__(self, plan: Mapping[Point, Mode]) -> None:
        """Nothing was called yet."""
        self.plan = plan
        self.points: dict[Point, str] = {}
        self.fired: list[Fired] = []
        self.asleep: set[str] = set()
        """Services that begin with their first request."""
        self.told: Sized = ()
        """What borrowers did and were told so far."""
        self.marks: list[int] = []
        self.landed: dict[Point, int] = {}
        """Late calls -> how many calls had been made when they arrived."""
        self._counts: dict[str, int] = {}

    def next(self, edge: str, operation: str, now_s: float) -> Mode | None:
        """Count a call; how it goes wrong, or None."""
        n = self._counts[edge] = self._counts.get(edge, 0) + 1
        point = Point(edge, n)
        self.points[point] = operation
        self.marks.append(len(self.told))
        mode = self.plan.get(point)
        if mode is not None:
            over_s = now_s + (DOWN_S if mode.startswith("crash") else 0.0)
            self.fired.append(Fired(point, mode, now_s, over_s))
        return mode


@lru_cache(maxsize=4096)
def operation(method: str, path: str) -> str:
    """A request without what names one thing: `GET /v1/requests/*`."""
    return f"{method} {_ID.sub('/*', path)}"


class ScriptedWire(Wire):
    """A link under a script; without one it is a link like any other.

    Args:
        caller: whom a crash hits; set once the link is laid.
    """

    def __init__(self, name: str, callee: Host, loop: SimLoop, dice: Dice, travel_s: float) -> None:
        """In order, and without a script."""
        super().__init__(name, callee, loop, dice, travel_s)
        self.script = Script({})
        self.caller: Host | None = None

    def begin(self, ask: Ask, outcome: asyncio.Future[Reply]) -> None:
        """Send a request, or what the plan makes of it."""
        if self.callee.name in self.script.asleep:
            self.script.asleep.remove(self.callee.name)
            self.callee.begin()
        mode = self.script.next(self.name, operation(ask.method, ask.path), self.loop.time())
        if mode is None:
            super().begin(ask, outcome)
        elif mode not in REQUESTS:
            raise ValueError(f"{mode} does not fit a request over {self.name}")
        elif mode is not Mode.REFUSED and self.callee.state == GONE:
            super().begin(ask, outcome)
        else:
            if mode is Mode.LATE:
                outcome.add_done_callback(partial(self._lands, next(reversed(self.script.points))))
            REQUESTS[mode](self.callee, ask, outcome)

    def _lands(self, point: Point, _: object) -> None:
        """Note when a late call has been delivered."""
        self.loop.call_later(AFTER_S, self._landed, point)

    def _landed(self, point: Point) -> None:
        if self.callee.state:
            self.script.landed[point] = len(self.script.points)

    def way(self, home: Home, timeout_s: float) -> DatabaseWay:
        """A way to the database under the same script."""
        return ScriptedWay(self, self.loop, home, timeout_s)

    def crash(self) -> None:
        """The caller dies here and now, and is started again a little later."""
        assert self.caller is not None, self.name
        self.caller.kill()
        nobodys = contextvars.Context()  # what restarts it is not of it
        self.loop.call_later(DOWN_S, self._restart, self.caller, context=nobodys)

    def _restart(self, host: Host) -> None:
        if host.state == GONE:
            self.loop.create_task(host.start())


class ScriptedWay(DatabaseWay):
    """A way to the database: each command that writes is a point."""

    def __init__(self, wire: ScriptedWire, loop: SimLoop, home: Home, timeout_s: float) -> None:
        """Nothing was written yet."""
        super().__init__(wire, loop, home, timeout_s)
        self._scripted = wire
        self._mode: dict[Any, Mode] = {}

    def free(self, *, write: bool) -> bool:
        """Count a command that writes; whether neither plan nor link is in its way."""
        wire = self._scripted
        mode = wire.script.next(wire.name, WRITE, self._loop.time()) if write else None
        if mode is None:
            return self._home.alive and wire.in_order
        self._mode[asyncio.current_task()] = mode
        return False

    async def there(self, *, write: bool) -> None:
        """Bring a command there, or not."""
        mode = self._mode.get(asyncio.current_task()) if write else None
        if mode is Mode.REFUSED:
            del self._mode[asyncio.current_task()]
            raise ConnectionRefusedError("refused by the plan")
        if mode is Mode.CRASH_BEFORE_WRITE:
            await self._die()
        await super().there(write=write)

    async def back(self, *, write: bool) -> None:
        """Bring the answer back, or not."""
        mode = self._mode.pop(asyncio.current_task(), None) if write else None
        if mode is Mode.CRASH_AFTER_WRITE:
            await self._die()
        if mode is Mode.REPLY_LOST:
            raise ConnectionResetError("the answer was lost by the plan")
        await super().back(write=write)

    async def _die(self) -> None:
        self._scripted.crash()
        await self._loop.create_future()  # this task is cancelled: nothing comes after

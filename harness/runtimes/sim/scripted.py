"""Links that count their calls and do to some of them what a plan says."""

from __future__ import annotations

import asyncio
import contextvars
import re
from collections.abc import Mapping, Sized
from functools import lru_cache, partial
from typing import NamedTuple

from harness.errors import RuntimeFailure
from harness.rng import Dice
from harness.runtimes.sim.host import GONE, Home, Host
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.messages import Ask, Reply
from harness.runtimes.sim.modes import (
    AFTER_S,
    DOWN_S,
    LASTS_S,
    REQUESTS,
    STANDBY_MODES,
    WRITE,
    Mode,
)
from harness.runtimes.sim.replication import Standby
from harness.runtimes.sim.wire import DatabaseWay, Wire
from harness.scenario import Fired, Point

_ID = re.compile(r"/(?!v\d+(?:/|$))[^/]*\d[^/]*")  # a segment with a digit in it, versions aside


class Script:
    """What a plan does, and what calls there were.

    Args:
        plan: call -> how it goes wrong.
    """

    def __init__(self, plan: Mapping[Point, Mode]) -> None:
        self.plan = plan
        self.points: dict[Point, str] = {}
        self.fired: list[Fired] = []
        self.asleep: set[str] = set()
        """Services that begin with their first request."""
        self.events: Sized = ()
        """What borrowers did and were told so far."""
        self.marks: list[int] = []
        self.landed: dict[Point, int] = {}
        """What outlasts its call -> how many calls had been made when it was over."""
        self.misfit = ""
        """What the plan asks of a call and cannot be done to it; the service would take an error
        for its own."""
        self._counts: dict[str, int] = {}

    def next(self, edge: str, operation: str, now_s: float) -> Mode | None:
        """Count a call; how it goes wrong, or None."""
        n = self._counts[edge] = self._counts.get(edge, 0) + 1
        point = Point(edge, n)
        self.points[point] = operation
        self.marks.append(len(self.events))
        mode = self.plan.get(point)
        if mode is not None:
            self.fired.append(Fired(point, mode, now_s, now_s + LASTS_S.get(mode, 0.0)))
        return mode

    def move(self, number: int, t_s: float, t_over_s: float) -> None:
        """A fault happened at another time than its call was counted, or lasted longer."""
        self.fired[number] = self.fired[number]._replace(t_s=t_s, t_over_s=t_over_s)

    def over(self, point: Point) -> None:
        """What outlasted its call is over."""
        self.landed[point] = len(self.points)


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
        super().__init__(name, callee, loop, dice, travel_s)
        self.script = Script({})
        self.caller: Host | None = None
        self.standby: Standby | None = None
        """Of the database at its end, if that has one."""

    def begin(self, ask: Ask, outcome: asyncio.Future[Reply]) -> None:
        """Send a request, or what the plan makes of it."""
        if self.callee.name in self.script.asleep:
            self.script.asleep.remove(self.callee.name)
            self.callee.begin()
        mode = self.script.next(self.name, operation(ask.method, ask.path), self.loop.time())
        if mode is None:
            super().begin(ask, outcome)
        elif mode not in REQUESTS:
            self.script.misfit = f"{mode} does not fit a request over {self.name}"
            super().begin(ask, outcome)
        elif mode is not Mode.REFUSED and not (self.enabled and self.callee.state):
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
            self.script.over(point)

    def way(self, home: Home, timeout_s: float) -> DatabaseWay:
        """A way to the database under the same script."""
        return ScriptedWay(self, self.loop, home, timeout_s)

    def crash(self, number: int) -> None:
        """The caller dies here and now, and is started again a little later.

        Args:
            number: of the fault.
        """
        assert self.caller is not None, self.name
        self.caller.kill()
        self._restart_later(number, self.loop.time())

    def turn(self, mode: Mode) -> None:
        """Something happens between the primary and its standby, here and now."""
        if self.standby is None:
            self.script.misfit = f"{mode} needs a standby; the database over {self.name} has none"
            return
        (self.standby.take_over if mode is Mode.PROMOTE else self.standby.fall_behind)()
        point, nobodys = self.script.fired[-1].point, contextvars.Context()
        self.loop.call_later(LASTS_S[mode], self.script.over, point, context=nobodys)

    def _restart_later(self, number: int, t_s: float) -> None:
        self.script.move(number, t_s, self.loop.time() + DOWN_S)
        nobodys = contextvars.Context()  # what restarts it is not of it
        self.loop.call_later(DOWN_S, self._restart, number, t_s, context=nobodys)

    def _restart(self, number: int, t_s: float) -> None:
        if self.caller is not None and self.caller.state == GONE:
            self.loop.create_task(self._start(self.caller, number, t_s))

    async def _start(self, host: Host, number: int, t_s: float) -> None:
        """Start it, again and again while what it needs is unreachable, as a supervisor would."""
        try:
            await host.start()
        except RuntimeFailure:
            host.kill()
            self._restart_later(number, t_s)


class Hit(NamedTuple):
    """What is wrong with a command.

    Args:
        number: of the fault, among those that fired.
    """

    mode: Mode | None = None
    number: int = -1


FINE = Hit()


class ScriptedWay(DatabaseWay):
    """A way to the database: each command that writes is a point."""

    def __init__(self, wire: ScriptedWire, loop: SimLoop, home: Home, timeout_s: float) -> None:
        super().__init__(wire, loop, home, timeout_s)
        self._scripted = wire
        self._hits: dict[object, Hit] = {}

    def free(self, *, write: bool) -> bool:
        """Count a command that writes; whether neither plan nor link is in its way."""
        wire = self._scripted
        mode = wire.script.next(wire.name, WRITE, self._loop.time()) if write else None
        if self._hits:  # an earlier command of this task may have ended half way
            self._hits.pop(asyncio.current_task(), None)
        if mode is None:
            return self._home.alive and wire.in_order
        self._hits[asyncio.current_task()] = Hit(mode, len(wire.script.fired) - 1)
        return False

    async def there(self, *, write: bool) -> None:
        """Bring a command there, or not."""
        hit = self._hits.get(asyncio.current_task(), FINE) if write else FINE
        if hit.mode is Mode.REFUSED:
            raise ConnectionRefusedError("refused by the plan")
        if hit.mode is Mode.CRASH_BEFORE_WRITE:
            await self._die(hit.number)
        await super().there(write=write)
        if hit.mode in STANDBY_MODES:
            self._scripted.turn(hit.mode)

    async def back(self, *, write: bool) -> None:
        """Bring the answer back, or not; a commit may have waited for the standby before."""
        hit = self._hits.pop(asyncio.current_task(), FINE) if write else FINE
        if hit.mode is Mode.CRASH_AFTER_WRITE:
            await self._die(hit.number)
        if hit.mode is Mode.REPLY_LOST:
            now_s = self._loop.time()
            self._scripted.script.move(hit.number, now_s, now_s)
            raise ConnectionResetError("the answer was lost by the plan")
        await super().back(write=write)

    async def _die(self, number: int) -> None:
        self._scripted.crash(number)
        await self._loop.create_future()  # this task is cancelled: nothing comes after

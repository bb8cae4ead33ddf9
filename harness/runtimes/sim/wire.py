"""A link of the simulation: what Toxiproxy is between two processes.

caller ──> enabled? ──no──> refused
             └─yes──> upstream toxics ──> callee ──> downstream toxics ──> caller
                                            └─ gone: the connection is taken, then closed
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

from harness.ports import Toxic
from harness.rng import Dice
from harness.runtimes.sim.host import GONE, Home, Host
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.messages import Ask, Reply
from harness.runtimes.sim.toxicity import EFFECTS, Active, Kept

COMMAND_BYTES = 256  # chosen: a command to the database and its answer, for what goes by size


class Connection:
    """A call on its way.

    Args:
        outcome: what the caller waits for; its time-out ends the wait, never the call.
    """

    __slots__ = ("carrier", "is_cut", "outcome")

    def __init__(self, outcome: asyncio.Future[Any]) -> None:
        """Nothing is under way."""
        self.outcome = outcome
        self.carrier: asyncio.Task[None] | None = None
        self.is_cut = False

    def cut(self, why: str) -> None:
        """The connection is closed; what the callee has begun goes on."""
        self.is_cut = True
        if self.carrier is not None:
            self.carrier.cancel()
        lose(self.outcome, ConnectionResetError(why))


def lose(outcome: asyncio.Future[Any], error: OSError) -> None:
    """The call ends in an error, if it has not ended yet."""
    if not outcome.done():
        outcome.set_exception(error)


def give(outcome: asyncio.Future[Any], value: Any) -> None:
    """The call ends well, if it has not ended yet."""
    if not outcome.done():
        outcome.set_result(value)


class Wire:
    """One link.

    Args:
        name: `lending->payment_a`.
        callee: where it leads.
        dice: for toxics.
        travel_s: how long a message takes on a link in order, each way.
    """

    def __init__(self, name: str, callee: Host, loop: SimLoop, dice: Dice, travel_s: float) -> None:
        """In order."""
        self.name = name
        self.callee = callee
        self.enabled = True
        self.taken = 0
        """Calls so far, of others than the harness."""
        self.active: dict[str, Active] = {}
        self.loop = loop
        self._dice = dice
        self._travel_s = travel_s
        self._open: dict[Connection, None] = {}
        self._nobodys = contextvars.Context()  # messages under way belong to no service

    @property
    def in_order(self) -> bool:
        """Whether nothing is wrong with it or behind it."""
        return self.enabled and not self.active and self.callee.state == "S"

    def add(self, toxic: Toxic) -> None:
        """Set a toxic; one of that name is replaced."""
        self.remove(toxic.name)
        self.active[toxic.name] = Active(toxic, self._dice, self.loop)

    def remove(self, name: str) -> None:
        """Take a toxic away."""
        if name in self.active:
            self.active.pop(name).remove()

    def enable(self, enabled: bool) -> None:
        """Take connections, or refuse them and close those that are open."""
        self.enabled = enabled
        if not enabled:
            for connection in list(self._open):
                connection.cut(f"{self.name} is down")
            self._open.clear()

    def begin(self, ask: Ask, outcome: asyncio.Future[Reply]) -> None:
        """Send a request; `outcome` gets the reply or what became of it.

        Raises:
            ConnectionRefusedError: nothing was sent.
        """
        self.taken += 1
        self.refuse()
        connection = Connection(outcome)
        self._open[connection] = None
        if self._travel_s:
            later = self.loop.call_later
            later(self._travel_s, self._arrive, connection, ask, context=self._nobodys)
        else:
            self._arrive(connection, ask)

    def refuse(self) -> None:
        """No connection is to be had when the link is down.

        Raises:
            ConnectionRefusedError: it is.
        """
        if not self.enabled:
            raise ConnectionRefusedError(f"{self.name} is down")

    def way(self, home: Home, timeout_s: float) -> DatabaseWay:
        """A way to the database at the end, for one life of a service."""
        return DatabaseWay(self, self.loop, home, timeout_s)

    def trip(
        self, stream: str, outcome: asyncio.Future[None], hits: Callable[[Active], bool]
    ) -> None:
        """Carry one command (upstream) or its answer (downstream) of a database.

        Args:
            hits: whether a toxic is drawn for the connection that it takes.
        """
        self._carry(Connection(outcome), lambda: self._leg(stream, hits))

    def _arrive(self, connection: Connection, ask: Ask) -> None:
        """A request has travelled; where nothing is in its way it is there."""
        if connection.is_cut:
            return
        if self.in_order:
            self.callee.take(ask, lambda reply: self._answer(connection, ask, reply))
        else:
            self._carry(connection, lambda: self._exchange(ask))

    def _answer(self, connection: Connection, ask: Ask, reply: Reply | None) -> None:
        """The callee has answered a request in whose way nothing was."""
        if connection.is_cut:
            return
        if reply is None or not self.enabled:
            self._carry(connection, lambda: self._return(reply, ask.closes))
        elif self._travel_s:
            later = self.loop.call_later
            later(self._travel_s, self._hand_back, connection, ask, reply, context=self._nobodys)
        else:
            self._hand_back(connection, ask, reply)

    def _hand_back(self, connection: Connection, ask: Ask, reply: Reply) -> None:
        """A reply has travelled."""
        if connection.is_cut:
            return
        if self.active:
            self._carry(connection, lambda: self._hold_up(reply, ask.closes))
        else:
            del self._open[connection]
            give(connection.outcome, reply)

    def _carry(
        self, connection: Connection, way: Callable[[], Coroutine[object, object, object]]
    ) -> None:
        """Let something go on its way in a task of its own: something may hold it up."""

        async def carry() -> None:
            try:
                give(connection.outcome, await way())
            except OSError as error:
                lose(connection.outcome, error)
            finally:
                self._open.pop(connection, None)

        self._open[connection] = None
        connection.carrier = self.loop.create_task(carry(), context=self._nobodys)

    async def _exchange(self, ask: Ask) -> Reply:
        await self._hinder("upstream", ask.size)
        if self.callee.state == GONE:
            raise ConnectionResetError(f"nobody listens behind {self.name}")
        answered: asyncio.Future[Reply | None] = self.loop.create_future()
        self.callee.take(ask, lambda reply: give(answered, reply))
        return await self._return(await answered, ask.closes)

    async def _return(self, reply: Reply | None, closes: bool) -> Reply:
        if not self.enabled:
            raise ConnectionResetError(f"{self.name} is down")
        if reply is None:
            await self._closing()
            raise ConnectionResetError(f"{self.callee.name} closed the connection")
        await self._travel()
        await self._hinder("downstream", reply.size, closes)
        return reply

    async def _leg(self, stream: str, hits: Callable[[Active], bool]) -> None:
        await self._travel()
        await self._hinder(stream, COMMAND_BYTES, hits=hits)
        await self.callee.moving()

    async def _hold_up(self, reply: Reply, closes: bool) -> Reply:
        await self._hinder("downstream", reply.size, closes)
        return reply

    async def _travel(self) -> None:
        if self._travel_s:
            await asyncio.sleep(self._travel_s)

    async def _hinder(
        self,
        stream: str,
        size: int,
        closes: bool = False,
        hits: Callable[[Active], bool] = Active.hits,
    ) -> None:
        for active in list(self.active.values()):
            if active.toxic.stream == stream and hits(active):
                await EFFECTS[active.toxic.type](active, size, closes)

    async def _closing(self) -> None:
        """The close of a connection, which a slow_close toxic delays."""
        for active in list(self.active.values()):
            if active.toxic.type == "slow_close" and active.hits():
                await active.hold(active.ms("delay"))


class DatabaseWay:
    """A way to the database over its link (`harness.runtimes.sim.service_context.Way`).

    Args:
        home: whose calls; a dead one's stay there.
        timeout_s: for each leg.
    """

    def __init__(self, wire: Wire, loop: SimLoop, home: Home, timeout_s: float) -> None:
        """Remember them."""
        self._wire = wire
        self._loop = loop
        self._home = home
        self._timeout_s = timeout_s
        self._kept = Kept()

    def free(self, *, write: bool) -> bool:
        """Whether nothing is in the way of a command and its answer."""
        self._wire.taken += 1
        return self._home.alive and self._wire.in_order

    async def there(self, *, write: bool) -> None:
        """Bring a command there."""
        self._wire.refuse()
        await self._leg("upstream")

    async def back(self, *, write: bool) -> None:
        """Bring the answer back."""
        await self._leg("downstream")

    async def _leg(self, stream: str) -> None:
        if not self._home.alive:
            raise ConnectionResetError("the caller is gone")
        if self._wire.in_order:
            return
        outcome: asyncio.Future[None] = self._loop.create_future()
        self._wire.trip(stream, outcome, self._kept.hits)
        self._loop.limit(outcome, self._timeout_s)
        await outcome

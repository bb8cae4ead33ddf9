"""One service of the simulation: what a process is on a machine. It can be killed and stopped.

    factory(config, surroundings) ──> application ──> its lifespan, and a task for each request

Everything that its code starts belongs to its home: a task or a callback inherits it. A killed
home's tasks are cancelled and none of what they still try leaves it; a stopped one is suspended
and goes on where it was.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable

from harness.errors import RuntimeFailure
from harness.ports import Exit
from harness.runtimes.sim.asgi import App, Done, Exchange, Lifespan
from harness.runtimes.sim.loop import HOME, SimLoop
from harness.runtimes.sim.messages import Ask, Reply

RUNNING, STOPPED, GONE = "S", "T", ""  # as the kernel letters them
PRUNE = 64  # chosen: finished tasks are forgotten in batches


class Home:
    """What belongs to one life of a service.

    Args:
        life: which one, `lender/101`.
        on_exit: told when its own code ends it.
    """

    def __init__(self, life: str, on_exit: Callable[[SystemExit], None] | None = None) -> None:
        self.alive = True
        self.on_exit = on_exit or _nothing
        self.life = life
        self.tasks: list[asyncio.Task[object]] = []
        self.exchanges: dict[Exchange, None] = {}
        self._prune_at = PRUNE

    def exited(self, how: SystemExit) -> None:
        """Its code asked for the end of its process."""
        if self.alive:
            self.on_exit(how)

    def adopt(self, task: asyncio.Task[object]) -> None:
        """A task was made here; in a dead home nothing begins."""
        if not self.alive:
            task.cancel()
            return
        self.tasks.append(task)
        if len(self.tasks) > self._prune_at:
            self.tasks = [task for task in self.tasks if not task.done()]
            self._prune_at = 2 * len(self.tasks) + PRUNE

    def end(self) -> list[asyncio.Task[object]]:
        """Kill it: connections close first, then nothing goes on.

        Returns:
            the tasks that are still to unwind.
        """
        self.alive = False
        for exchange in list(self.exchanges):
            exchange.finish(None)
        left = [task for task in self.tasks if not task.done()]
        for task in left:
            task.cancel()
        self.tasks.clear()
        return left


class Host:
    """A service.

    Args:
        make: builds the application for one life, in its home; None for one that only stores.
        pid: of its first life; a later one has another.
    """

    def __init__(
        self, name: str, loop: SimLoop, make: Callable[[Home], App] | None, pid: int
    ) -> None:
        """Not started yet."""
        self.name = name
        self.state = GONE
        self.pid = pid
        self.on_kill: Callable[[], None] = _nothing
        self._loop = loop
        self._make = make
        self._home = Home("", self._exited)
        self.exits: list[Exit] = []
        """Ends that nobody asked for, until somebody takes them."""
        self._context = contextvars.Context()
        self._app: App | None = None
        self._started: asyncio.Future[None] | None = None
        self._shared: dict[str, object] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._past: list[asyncio.Task[object]] = []

    async def start(self) -> None:
        """Begin a life and wait for the application's own start.

        Raises:
            RuntimeFailure: it runs already, or its start failed.
        """
        self.begin()
        if self._started is not None:
            await self._started

    def begin(self) -> None:
        """Begin a life; requests wait until the application has started.

        Raises:
            RuntimeFailure: it runs already.
        """
        if self.state != GONE:
            raise RuntimeFailure(f"{self.name} runs already")
        self.pid += 1
        self._home = Home(f"{self.name}/{self.pid}", self._exited)
        self._context = contextvars.Context()
        self._context.run(HOME.set, self._home)
        self.state = RUNNING
        if self._make is None:
            return
        try:
            self._app = self._context.run(self._make, self._home)
        except SystemExit as how:
            raise RuntimeFailure(f"{self.name} did not start: {how!r}") from how
        lifespan = Lifespan(self._app, self.name, self._loop)
        self._started, self._shared = lifespan.started, lifespan.state
        self._loop.create_task(lifespan.run(), context=self._context)

    def take(self, ask: Ask, done: Done) -> None:
        """Begin to answer, in a task of the service's own: no caller's patience ends it."""
        if self._app is None:
            raise RuntimeFailure(f"{self.name} answers no requests; it is no HTTP service")
        exchange = Exchange(ask, self._loop, done, self._home.exchanges)
        if self._started is None or self._started.done():
            work = exchange.run(self._app, self._shared)
        else:
            work = self._later(exchange, self._started, self._app)
        self._loop.create_task(work, context=self._context.copy())

    async def _later(self, exchange: Exchange, started: asyncio.Future[None], app: App) -> None:
        """Answer once the application has started."""
        await asyncio.shield(started)
        await exchange.run(app, self._shared)

    async def read(self, ask: Ask) -> Reply | None:
        """Answer within the caller's task, for harmless questions while nothing else happens.

        Returns:
            the reply; None when it does not run, or closed without one.
        """
        if self._app is None or self.state != RUNNING:
            return None
        replies: list[Reply | None] = []
        try:
            await Exchange(ask, self._loop, replies.append, {}).run(self._app, self._shared)
        except SystemExit as how:
            self._exited(how)
        return replies[0] if replies else None

    def _exited(self, how: SystemExit) -> None:
        code = how.code if isinstance(how.code, int) else int(how.code is not None)
        said = f"; its last words: {how.code}" if isinstance(how.code, str) else ""
        self.exits.append(Exit(self.name, code, said))
        self.kill()

    def kill(self) -> None:
        """End it at once; what it had in memory is gone."""
        if self.state == GONE:
            return
        stopped, self.state = self.state == STOPPED, GONE
        self._app = None
        self.on_kill()
        self._past = [*(task for task in self._past if not task.done()), *self._home.end()]
        if stopped:
            self._loop.wake(self._home)
        self._release()

    def pause(self) -> None:
        """Let it stand still; connections are taken and wait."""
        if self.state == RUNNING:
            self.state = STOPPED
            self._loop.stand(self._home)

    def resume(self) -> None:
        """Let it go on."""
        if self.state == STOPPED:
            self.state = RUNNING
            self._loop.wake(self._home)
            self._release()

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._home.exchanges)

    async def moving(self) -> None:
        """Until it does not stand still.

        Raises:
            ConnectionResetError: it is gone.
        """
        while self.state == STOPPED:
            waiting = self._loop.create_future()
            self._waiting.append(waiting)
            await waiting
        if self.state == GONE:
            raise ConnectionResetError(f"{self.name} is gone")

    def _release(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def buried(self) -> None:
        """Until everything of its past lives has unwound."""
        past, self._past = self._past, []
        await asyncio.gather(*past, return_exceptions=True)


def _nothing(*_: object) -> None:
    """Nobody has to know."""

"""What there is not in virtual time: threads, sockets, child processes. Asking ends the run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from harness.errors import HarnessError


class NoRealWorld(HarnessError):
    """Code in the simulation asked for a socket, a file descriptor, a thread or a child process."""


class Refusing(asyncio.BaseEventLoop):
    """A loop that ends with an error when the code that it runs asks for the real world.

    An error in that code alone would be a 500 of its service, or caught: the service would go on
    as another one than it is.
    """

    _refused: NoRealWorld | None = None

    def refuse(self, text: str) -> NoReturn:
        """End the loop.

        Raises:
            NoRealWorld: always.
        """
        self._refused = NoRealWorld(text)
        self.stop()
        raise self._refused

    def run_forever(self) -> None:
        """Run until stopped.

        Raises:
            NoRealWorld: it was refused something.
        """
        start, here = threading.Thread.start, threading.get_ident()

        def elsewhere(thread: threading.Thread) -> None:
            if threading.get_ident() == here:
                self.refuse(
                    f"{thread.name} would run in real time; write `async def` where the service "
                    "has an endpoint or a dependency with `def`"
                )
            start(thread)

        threading.Thread.start = elsewhere  # type: ignore[method-assign,assignment]  # put back
        try:
            super().run_forever()
        finally:
            threading.Thread.start = start  # type: ignore[method-assign]  # as it was
        if self._refused is not None:
            refused, self._refused = self._refused, None
            raise refused

    def run_in_executor(  # type: ignore[override]  # it never returns
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> NoReturn:
        """Refused: a thread runs in real time."""
        self.refuse(f"{func}: a thread in virtual time; make the endpoint async")

    async def getaddrinfo(self, host: object, port: object, **kw: object) -> NoReturn:
        """Refused."""
        self.refuse(f"looking up {host}:{port} in virtual time; use the client handed in")

    async def create_connection(self, *args: object, **kw: object) -> NoReturn:
        """Refused."""
        self.refuse(f"a socket to {args[1:3]} in virtual time; use the client handed in")

    async def create_server(self, *args: object, **kw: object) -> NoReturn:
        """Refused."""
        self.refuse("a listening socket in virtual time; services are called in process")

    async def subprocess_exec(self, *args: object, **kw: object) -> NoReturn:
        """Refused."""
        self.refuse(f"a child process in virtual time: {args[1:2]}")

"""What a service of the simulation is handed: everything it may reach outside of itself.

A service is named by a target as `module:function`. The function takes the service's configuration
document and its surroundings and gives an ASGI application; it needs to import nothing of the
harness.
"""

from __future__ import annotations

import asyncio
import importlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from functools import lru_cache
from typing import Protocol

import msgspec

from harness import plugins
from harness.clock import Clock
from harness.errors import ConfigError, Problem
from harness.runtimes.sim.asgi import App
from harness.runtimes.sim.messages import Headers, Reply


class Way(Protocol):
    """A way to a database over its link: what is between `there` and `back` happens at it."""

    def free(self, *, write: bool) -> bool:
        """Whether nothing is in the way of this command and its answer; asked once a command.

        Then neither `there` nor `back` is needed.
        """

    async def there(self, *, write: bool) -> None:
        """Bring a command there.

        Args:
            write: whether it changes something.

        Raises:
            ConnectionError, TimeoutError: it did not arrive; nothing was done.
        """

    async def back(self, *, write: bool) -> None:
        """Bring the answer back.

        Raises:
            ConnectionError, TimeoutError: it was lost; what was done stays done.
        """


class Surroundings(msgspec.Struct, frozen=True):
    """What one life of a service has.

    Args:
        clock: the service clock.
        dice: name -> dice of its own, the same for that name in every life.
        call: (method, URL, JSON body or None, time-out in s) -> status and body. Raises
            ConnectionRefusedError when nothing was sent, TimeoutError or ConnectionResetError when
            it may have been.
        exchange: (method, URL, JSON body or None, time-out in s, further headers) -> status,
            headers and body.
        transport: the same for httpx: `httpx.AsyncClient(transport=around.transport())`.
        way: (host, port, time-out in s) -> a way to the database there.
        spawn: lets a coroutine run beside the requests.
        token: of the control routes.
        disk: outlives every service of the run.
    """

    clock: Clock
    dice: Callable[[str], random.Random]
    call: Callable[[str, str, bytes | None, float], Awaitable[tuple[int, bytes]]]
    exchange: Callable[[str, str, bytes | None, float, Headers], Awaitable[Reply]]
    transport: Callable[[], object]
    way: Callable[[str, int, float], Way]
    spawn: Callable[[Coroutine[object, object, None]], asyncio.Task[None]]
    token: str
    disk: MutableMapping[str, object]


Factory = Callable[[Mapping[str, object], Surroundings], App]


@lru_cache(maxsize=64)
def find_factory(service: str, dotted: str) -> Factory:
    """The function that a target names for a service.

    Raises:
        ConfigError: it names none, or what it names is not there.
    """
    module, _, function = dotted.rpartition(":")
    try:
        if not function:
            raise ValueError(f"{dotted!r} names no factory")
        plugins.search_beside(module)
        loaded = (
            plugins.load(module) if plugins.is_file(module) else importlib.import_module(module)
        )
        factory: Factory = getattr(loaded, function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            Problem(
                f"cannot be built in process: {error}",
                f"service {service}: simulated",
                "module:function of (config, surroundings) -> ASGI application",
                "--runtime process",
            )
        ) from error
    return factory

"""Taking hold of a run from another process: to heal it, to end it, to see what lives of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from harness.runtimes.docker.cleanup import end_run, left_over
from harness.runtimes.docker.controls import controls_of
from harness.runtimes.docker.site import Site
from harness.runtimes.real.attached import Attached, found_again

T = TypeVar("T")
NAME = "docker"


async def attach(state: Mapping[str, Any]) -> Attached:
    """Rebuild the controls of a run from its recovery state.

    Args:
        state: as `DockerRuntime.recovery_state` gave it.

    Raises:
        RuntimeFailure: no engine answers.
    """
    site = _site(state)
    return Attached(NAME, site, controls_of(site))


def _site(state: Mapping[str, Any]) -> Site:
    return Site(*found_again(state))


def end_processes(state: Mapping[str, Any]) -> list[str]:
    """Remove everything of a run; blocks until that is done.

    Returns:
        what is left; empty when clean.
    """
    return _apart(state, end_run)


def alive(state: Mapping[str, Any]) -> list[str]:
    """What exists of a run: `container RUN.payment_a (running)`."""
    return _apart(state, left_over)


def _apart(state: Mapping[str, Any], work: Callable[[Site], Awaitable[T]]) -> T:
    """Do it in a thread with a loop of its own: the caller's loop may be running."""

    async def alone() -> T:
        site = _site(state)
        try:
            return await work(site)
        finally:
            await site.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(alone())).result()

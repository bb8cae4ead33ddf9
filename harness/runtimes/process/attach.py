"""Taking hold of a run from another process: to heal it, to end it, to see what lives of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.runtimes.process.cleanup import end_run
from harness.runtimes.process.controls import controls_of
from harness.runtimes.process.site import Site
from harness.runtimes.real.attached import Attached, found_again
from harness.runtimes.real.procs import members

NAME = "process"


async def attach(state: Mapping[str, Any]) -> Attached:
    """Rebuild the controls of a run from its recovery state.

    Args:
        state: as `ProcessRuntime.recovery_state` gave it.
    """
    site = _site(state)
    return Attached(NAME, site, controls_of(site))


def _site(state: Mapping[str, Any]) -> Site:
    return Site(*found_again(state))


def end_processes(state: Mapping[str, Any]) -> list[str]:
    """End every process of a run and remove its work folder; blocks until that is done.

    It may be called while an event loop runs: it has a thread with a loop of its own.

    Returns:
        what is left; empty when clean.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _end(state)).result()


async def _end(state: Mapping[str, Any]) -> list[str]:
    site = _site(state)
    try:
        return await end_run(site)
    finally:
        await site.close()


def alive(state: Mapping[str, Any]) -> list[str]:
    """Which processes of a run live: `payment_a (pid 123)`."""
    return [str(proc) for proc in members(state)]

"""Taking hold of a run from another process: to heal it, to end it, to see what lives of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.clock import RunClock
from harness.ports import Capability
from harness.runtimes.docker.cleanup import end_run, left_over
from harness.runtimes.docker.controls import controls_of, pick
from harness.runtimes.docker.site import Site
from harness.runtimes.recovery import RecoveryFile

T = TypeVar("T")


@dataclass(frozen=True)
class Attached:
    """The controls of a run that another process started; to be closed."""

    site: Site

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: there is none; says what there is.
        """
        return pick(controls_of(self.site), capability)

    async def close(self) -> None:
        """Close the connections; the run goes on."""
        await self.site.close()


async def attach(state: Mapping[str, Any]) -> Attached:
    """Rebuild the controls of a run from its recovery state.

    Args:
        state: as `DockerRuntime.recovery_state` gave it.

    Raises:
        RuntimeFailure: no engine answers.
    """
    return Attached(_site(state))


def _site(state: Mapping[str, Any]) -> Site:
    recovery = RecoveryFile(Path(state["recovery_file"]))
    if not recovery.path.exists():
        recovery.path.parent.mkdir(parents=True, exist_ok=True)
        recovery.write(state)
    return Site(recovery, RunClock(recovery.read()["clock_t0_ns"]))


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

"""Taking hold of a run from another process: to heal it, to end it, to see what lives of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.clock import RunClock
from harness.ports import Capability
from harness.runtimes.process.cleanup import end_run
from harness.runtimes.process.controls import controls_of, pick
from harness.runtimes.process.site import Site
from harness.runtimes.procs import members
from harness.runtimes.recovery import RecoveryFile


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

    What has changed since `state` was read is taken from the run's recovery file; a file that is
    gone is written again from `state`.

    Args:
        state: as `ProcessRuntime.recovery_state` gave it.
    """
    return Attached(_site(state))


def _site(state: Mapping[str, Any]) -> Site:
    recovery = RecoveryFile(Path(state["recovery_file"]))
    if not recovery.path.exists():
        recovery.path.parent.mkdir(parents=True, exist_ok=True)
        recovery.write(state)
    return Site(recovery, RunClock(recovery.read()["clock_t0_ns"]))


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

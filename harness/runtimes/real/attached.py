"""Taking hold of a run from another process: what the runtimes with real sockets share."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.clock import RunClock
from harness.errors import UnsupportedFault
from harness.json_types import JsonObject
from harness.ports import Capability
from harness.runtime_kind import Found
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.procs import STANDING, owner_of
from harness.runtimes.real.recovery import Check, RecoveryFile
from harness.runtimes.real.sites import RealSite

T = TypeVar("T")


def pick(runtime: str, controls: Mapping[Capability, object], capability: Capability) -> object:
    """The control for a capability.

    Args:
        runtime: its name.
        controls: those it has.

    Raises:
        UnsupportedFault: there is none here; says what there is.
    """
    if capability not in controls:
        raise UnsupportedFault(
            f"the runtime {runtime} has no power over {str(capability)!r}; "
            f"it has {', '.join(controls)}"
        )
    return controls[capability]


@dataclass(frozen=True)
class Attached:
    """The controls of a run that another process started; to be closed."""

    runtime: str
    site: RealSite
    controls: Mapping[Capability, object]

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: there is none; says what there is.
        """
        return pick(self.runtime, self.controls, capability)

    async def close(self) -> None:
        """Close the connections; the run goes on."""
        await self.site.close()


def found_again(state: JsonObject, check: Check) -> tuple[RecoveryFile, RunClock]:
    """What a site is made of, in another process.

    What has changed since `state` was read is taken from the run's recovery file, where that can
    be read and is as the run wrote it.
    """
    folders = RunFolders(state["run_id"], Path(state["run_dir"]))
    recovery = RecoveryFile(folders, check, state)
    return recovery, RunClock(recovery.read()["clock_t0_ns"])


def found_run(run_id: str, owner: str, things: list[str]) -> Found:
    """What the machine shows of a run.

    Args:
        owner: `procs.this_owner` of who started it, STANDING, or anything where that is not known.
    """
    if owner == STANDING:
        return Found(run_id, 0, alive=False, things=tuple(things))
    proc = owner_of(owner)
    alive = proc is not None and proc.lives
    return Found(run_id, (proc.pid if proc else 0) or -1, alive=alive, things=tuple(things))


def apart(work: Coroutine[object, object, T]) -> T:
    """Do it in a thread with a loop of its own: the caller's loop may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()

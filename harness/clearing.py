"""Undoes and ends what a run left behind, in another process, from the run's folder alone."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, HealFailed
from harness.faultlog import Entry, FaultLog
from harness.leases import ActiveRun, forget
from harness.store import FAULTS, RUN

RECOVERY = "recovery.json"


@dataclass(frozen=True)
class LeftBehind:
    """What may still be there of a run."""

    faults: list[Entry]
    processes: list[str]


def state_of(run: ActiveRun) -> LeftBehind:
    """Look; change nothing."""
    recovery = _recovery(run.run_dir)
    processes = _runtime(run.run_dir).alive(recovery) if recovery else []
    return LeftBehind(FaultLog(run.run_dir / FAULTS).active(), processes)


async def clear(
    run: ActiveRun, active: Path, say: Callable[[str], None], by: str = "clear"
) -> list[str]:
    """Heal every fault, end every process, take the run off the list.

    Returns:
        what is still there; empty when all is proven gone.
    """
    recovery = _recovery(run.run_dir)
    log = FaultLog(run.run_dir / FAULTS, by)
    if recovery is None:
        forget(active, run.run_id)
        return [f"{entry.kind} at {entry.where}" for entry in log.active()]
    runtime = _runtime(run.run_dir)
    unhealed = await _heal_all(runtime, recovery, log, say)
    left: list[str] = list(runtime.end_processes(recovery))
    say(f"{run.run_id}: processes ended" if not left else f"{run.run_id}: still there: {left}")
    if left:
        return unhealed + left
    # A fault of a link, process or stand-in ends with the process that carried it.
    for entry in log.active():
        log.close(entry, f"ended with its process; {'; '.join(unhealed)}")
    forget(active, run.run_id)
    return []


async def _heal_all(
    runtime: Any, recovery: Mapping[str, Any], log: FaultLog, say: Callable[[str], None]
) -> list[str]:
    entries = log.active()
    if not entries:
        return []
    unhealed = []
    attached = await runtime.attach(recovery)
    try:
        for entry in entries:
            try:
                await log.heal(entry, attached.capability(entry.undo.capability))
                say(f"{entry.kind} at {entry.where}: undone and proven")
            except (HealFailed, HarnessError) as error:
                say(str(error))
                unhealed.append(str(error))
    finally:
        await attached.close()
    return unhealed


def _recovery(run_dir: Path) -> Mapping[str, Any] | None:
    path = run_dir / RECOVERY
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _runtime(run_dir: Path) -> Any:
    name = json.loads((run_dir / RUN).read_text(encoding="utf-8"))["runtime"]
    return importlib.import_module(f"harness.runtimes.{name}")

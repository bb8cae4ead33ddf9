"""Undoes and ends what a run left behind, in another process, from the run's folder alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.runtime_kind import Recovery
from harness.runtime_registry import load_runtime
from harness.store import FAULTS, RUN
from harness.undo.faultlog import Entry, FaultLog
from harness.undo.leases import ActiveRun, forget

RECOVERY = "recovery.json"
Say = Callable[[str], None]


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


async def clear(run: ActiveRun, active: Path, say: Say, by: str = "clear") -> list[str]:
    """Heal every fault, end every process, take the run off the list.

    Returns:
        what is still there; empty when all is proven gone.
    """
    log = FaultLog(run.run_dir / FAULTS, by)
    recovery = _recovery(run.run_dir)
    left: list[str] = []
    if recovery is not None:
        await heal(run, log, log.active(), say)
        left = _runtime(run.run_dir).end(recovery)
        say(f"{run.run_id}: " + (f"still there: {left}" if left else "every process has ended"))
    if left:
        return left
    for entry in log.active():  # a fault ends with the process that carried it
        log.close(entry, "its process has ended")
    forget(active, run.run_id)
    return []


async def heal(run: ActiveRun, log: FaultLog, entries: Sequence[Entry], say: Say) -> None:
    """Undo and prove; what cannot be proven stays on the log."""
    recovery = _recovery(run.run_dir)
    if not entries or recovery is None:
        return
    attached = await _runtime(run.run_dir).attach(recovery)
    try:
        for entry in entries:
            try:
                await log.heal(entry, attached.capability(entry.undo.capability))
                say(f"{entry.kind} at {entry.where}: undone and proven")
            except HarnessError as error:
                say(str(error))
    finally:
        await attached.close()


def _recovery(run_dir: Path) -> Mapping[str, Any] | None:
    path = run_dir / RECOVERY
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _runtime(run_dir: Path) -> Recovery:
    """How the runtime of a run lets other processes take hold of it.

    Raises:
        HarnessError: it is not known here, or it leaves nothing that one could take hold of.
    """
    name = json.loads((run_dir / RUN).read_text(encoding="utf-8"))["runtime"]
    recovery = load_runtime(name, str(run_dir / RUN)).recovery
    if recovery is None:
        raise HarnessError(f"{run_dir}: the runtime {name} has no recovery")
    return recovery

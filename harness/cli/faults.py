"""`harness faults list` and `harness faults clear`: from another terminal, also after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rich.console import Console

from harness.cli.console import note, out, out_json, progress, stdout
from harness.undo.leases import ActiveRun, active_dir, active_runs
from harness.undo.recovery import all_runs, clear, state_of


def list_command(output: str = "text") -> int:
    """Print every run that has not ended, its owner, its faults and its processes.

    Returns:
        0 when there is none, else 1.
    """
    console = stdout()
    runs = all_runs(active_dir(), note)
    listed = {run.run_id for run in active_runs(active_dir())}
    if output == "json":
        out_json({"runs": [_document(run, listed=run.run_id in listed) for run in runs]})
        return 1 if runs else 0
    for run in runs:
        where = f"folder {run.run_dir}" if run.run_id in listed else "not on the list of runs"
        console.print(f"{run.run_id}: owner {run.holder.pid} is {run.holder.state}, {where}")
        _print_state(console, run, listed=run.run_id in listed)
    if not runs:
        console.print("no active run: no fault, no process")
    elif any(run.holder.state != "alive" for run in runs):
        console.print("to undo everything of dead runs: harness faults clear")
    return 1 if runs else 0


def _document(run: ActiveRun, *, listed: bool) -> dict[str, object]:
    """A run that has not ended, as plain JSON data."""
    state = state_of(run)
    faults = [
        {"kind": one.kind, "where": one.where, "state": one.state, "at_utc": one.at_utc}
        for one in state.faults
    ]
    return {
        "run_id": run.run_id,
        "run_dir": str(run.run_dir) if listed else "",
        "owner": {"pid": run.holder.pid, "state": run.holder.state},
        "faults": faults,
        "processes": list(state.processes),
        "problems": [str(one) for one in state.problems] if listed else [],
    }


def _print_state(console: Console, run: ActiveRun, *, listed: bool) -> None:
    state = state_of(run)
    for entry in state.faults:
        console.print(f"  {entry.kind} at {entry.where}: {entry.state} since {entry.at_utc}")
    for problem in state.problems if listed else []:
        console.print(f"  {problem}", soft_wrap=True)
    if not listed:
        console.print(f"  found by its mark: {', '.join(state.processes)}", soft_wrap=True)
    console.print(f"  {len(state.faults)} faults, {len(state.processes)} processes")


def clear_command(*, force: bool) -> int:
    """Undo and end what dead runs left, each run by itself.

    Returns:
        0 when everything is proven undone and ended, else 5.
    """
    say, code = progress(), 0
    for run in all_runs(active_dir(), note):
        if run.holder.state == "alive" and not force:
            who = f"{run.run_id}: its owner {run.holder.pid} is alive"
            say(f"{who} and undoes its own faults; --force takes them away")
            continue
        for one in _cleared(run, say):
            note(f"harness: {run.run_id}: still there: {one}")
            code = 5
    if not code:
        out("clear: nothing of a dead run is active")
    return code


def _cleared(run: ActiveRun, say: Callable[[str], None]) -> list[str]:
    """What is left of a run, or what kept it from being cleared: the next is cleared anyhow."""
    try:
        return asyncio.run(clear(run, active_dir(), say))
    except Exception as error:  # whatever became of its files
        return [f"not cleared: {type(error).__name__}: {error}"]

"""`harness faults list` and `harness faults clear`: from another terminal, also after a crash."""

from __future__ import annotations

import asyncio

from harness.cli.console import note, out, progress, stdout
from harness.undo.leases import active_dir, active_runs
from harness.undo.recovery import clear, state_of


def list_command() -> int:
    """Print every run that has not ended, its owner, its faults and its processes.

    Returns:
        0 when there is none, else 1.
    """
    console = stdout()
    runs = active_runs(active_dir())
    for run in runs:
        state = state_of(run)
        console.print(
            f"{run.run_id}: owner {run.holder.pid} is {run.holder.state}, folder {run.run_dir}"
        )
        for entry in state.faults:
            console.print(f"  {entry.kind} at {entry.where}: {entry.state} since {entry.at_utc}")
        console.print(f"  {len(state.faults)} faults, {len(state.processes)} processes")
    if not runs:
        console.print("no active run: no fault, no process")
    elif any(run.holder.state != "alive" for run in runs):
        console.print("to undo everything of dead runs: harness faults clear")
    return 1 if runs else 0


def clear_command(*, force: bool) -> int:
    """Undo and end what dead runs left.

    Returns:
        0 when everything is proven undone and ended, else 5.
    """
    say, code = progress(), 0
    for run in active_runs(active_dir()):
        if run.holder.state == "alive" and not force:
            who = f"{run.run_id}: its owner {run.holder.pid} is alive"
            say(f"{who} and undoes its own faults; --force takes them away")
            continue
        left = asyncio.run(clear(run, active_dir(), say))
        for one in left:
            note(f"harness: {run.run_id}: still there: {one}")
        code = 5 if left else code
    if not code:
        out("clear: nothing of a dead run is active")
    return code

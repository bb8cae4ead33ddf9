"""What earlier runs left behind, looked for before anything new is started.

A run that ended badly is healed by its own watchdog within seconds; that is waited for. What
nobody heals is named, with the command that clears it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.errors import LeftOvers
from harness.undo.leases import WATCHDOG, ActiveRun, active_dir, holder
from harness.undo.recovery import all_runs, silent

HEALED_S = 15.0  # chosen: a watchdog needs 10 s at the most on a quiet machine
POLL_S = 0.1


def left_overs(say: Callable[[str], None] = silent) -> list[ActiveRun]:
    """Runs whose owner is not alive, and of which something may still be there."""
    return [run for run in all_runs(active_dir(), say) if run.holder.state != "alive"]


def named_runs(runs: list[ActiveRun]) -> str:
    """For people: which runs, and the command that clears them."""
    names = ", ".join(f"{r.run_id} (owner {r.holder.pid} is {r.holder.state})" for r in runs)
    return (
        f"an earlier run was not cleaned up: {names}; its faults and processes may still be "
        "there; run: harness faults clear"
    )


def refuse_left_overs(say: Callable[[str], None] = silent, within_s: float = HEALED_S) -> None:
    """Nothing new is started beside something that a dead run left behind.

    Args:
        say: told when a watchdog is waited for.
        within_s: how long a living watchdog may take; blocks.

    Raises:
        LeftOvers: names the runs and the command that clears them.
    """
    until_s, said, lost = time.monotonic() + within_s, False, left_overs(say)
    while lost:
        if not any(_is_healed(run) for run in lost) or time.monotonic() >= until_s:
            raise LeftOvers(named_runs(lost))
        if not said:
            say(f"waiting for the watchdog of {lost[0].run_id} to end what it left")
            said = True
        time.sleep(POLL_S)
        lost = left_overs()


def _is_healed(run: ActiveRun) -> bool:
    """Whether a watchdog is at work there."""
    return holder(run.run_dir / WATCHDOG).state == "alive"

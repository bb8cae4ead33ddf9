"""`harness shrink`."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import out_json, progress, stdout
from harness.explore.shrink_run import SHRUNK, Reducer, write
from harness.store import find_run


def shrink_command(
    run: str, invariant: str, runs: Path, target: str = "", output: str = "text"
) -> int:
    """Make a failing run of the simulation smaller and write the smaller experiment beside it.

    Returns:
        0; what cannot be shrunk is raised.
    """
    folder = find_run(runs, run)
    say = progress()
    reduced = Reducer(folder, invariant, say, target).reduce()
    write(folder / SHRUNK, reduced.document)
    if output == "json":
        removed, made = list(reduced.removed), str(folder / SHRUNK)
        out_json({"invariant": reduced.invariant, "removed": removed, "runs": reduced.tries,
                  "experiment": made})  # fmt: skip
        return 0
    console = stdout()
    if reduced.removed:
        console.print(f"SMALLER  still breaks {reduced.invariant}; not needed for that:")
        console.print("\n".join(f"  {line}" for line in reduced.removed))
    else:
        console.print(
            f"AS SMALL AS IT GETS  everything in it is needed to break {reduced.invariant}"
        )
    console.print(f"\n{reduced.tries} runs in the simulation")
    console.print(f"experiment  {folder / SHRUNK}")
    return 0

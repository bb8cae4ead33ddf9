"""`harness runs list` and `harness runs prune`."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from harness.cli.console import note, out, out_json, stdout
from harness.errors import HarnessError
from harness.suite.recorded_runs import RecordedRun, recorded_runs, remove, superfluous
from harness.undo.leases import active_dir, active_runs

MIB = 2**20


def list_command(runs: Path, experiment: str, output: str) -> int:
    """Print every recorded run, the latest last.

    Args:
        experiment: an id or the name of a folder; "" for all.

    Returns:
        0.
    """
    wanted = experiment.lower()
    found = [
        run
        for run in recorded_runs(runs)
        if wanted in ("", run.name.lower(), run.experiment.lower())
    ]
    if output == "json":
        out_json({"runs": [run.as_data() for run in found]})
        return 0
    if not found:
        out(f"no recorded run{f' of {experiment}' if experiment else ''} under {runs}/")
        return 0
    table = Table(box=None, pad_edge=False)
    for name in ("experiment", "verdict", "design", "runtime", "seed", "MiB", "folder"):
        table.add_column(
            name, overflow="fold", justify="right" if name in ("seed", "MiB") else "left"
        )
    for run in found:
        table.add_row(*_cells(run))
    stdout().print(table)
    for run in found:
        if run.why:
            note(run.why)
    return 0


def _cells(run: RecordedRun) -> tuple[str, ...]:
    seed = "" if run.seed is None else str(run.seed)
    size = f"{run.size_bytes / MIB:.1f}"
    verdict = run.verdict or ("damaged" if run.why else "none")
    return (run.experiment or run.name, verdict, run.design, run.runtime, seed, size, run.folder)


def prune_command(runs: Path, keep: int, *, dry: bool, output: str) -> int:
    """Remove all but the latest runs of each experiment; runs that have not ended stay.

    Args:
        dry: say what would go, and remove nothing.

    Returns:
        0; what cannot be removed is raised.
    """
    active = {run.run_dir.resolve() for run in active_runs(active_dir())}
    gone: list[RecordedRun] = []
    for run in superfluous(recorded_runs(runs), keep, active):
        try:
            if not dry:
                remove(run)
        except OSError as error:
            raise HarnessError(f"cannot remove {run.folder}: {error.strerror}") from error
        gone.append(run)
        note(f"{'would remove' if dry else 'removed'} {run.folder}")
    freed = sum(run.size_bytes for run in gone)
    if output == "json":
        removed = [run.as_data() for run in gone]
        out_json({"dry": dry, "keep": keep, "freed_bytes": freed, "removed": removed})
    else:
        out(f"{len(gone)} runs, {freed / MIB:.1f} MiB {'would go' if dry else 'removed'}")
    return 0

"""The run folders below `runs/`: what each was, and which go when only the latest are kept."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import ConfigError
from harness.run_record import read_ended, read_run
from harness.store import run_folders


@dataclass(frozen=True)
class RecordedRun:
    """One run.

    Args:
        name: of the folder of its experiment.
        at_utc: its own folder: when it was begun.
        verdict: "" where the run died before it had one, or its files do not add up.
        seed: None where its files cannot be read.
        size_bytes: of all its files.
        why: what does not add up in them; "" where all does.
    """

    folder: str
    name: str
    at_utc: str
    experiment: str = ""
    design: str = ""
    runtime: str = ""
    seed: int | None = None
    verdict: str = ""
    size_bytes: int = 0
    why: str = ""

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        return asdict(self)


def recorded_runs(root: Path) -> list[RecordedRun]:
    """Every run below a folder, the oldest first."""
    return [_recorded(path) for path in run_folders(root)]


def _recorded(path: Path) -> RecordedRun:
    size = sum(one.lstat().st_size for one in path.rglob("*") if not one.is_dir())
    try:
        record, ended = read_run(path), read_ended(path)
    except ConfigError as error:
        why = str(error)
        return RecordedRun(str(path), path.parent.name, path.name, size_bytes=size, why=why)
    return RecordedRun(
        folder=str(path),
        name=path.parent.name,
        at_utc=path.name,
        experiment=record["experiment"],
        design=record["design"],
        runtime=record["runtime"],
        seed=record["seed"],
        verdict="" if ended is None else ended.verdict,
        size_bytes=size,
    )


def superfluous(
    runs: Sequence[RecordedRun], keep: int, active: Collection[Path]
) -> Iterator[RecordedRun]:
    """All but the latest of each experiment.

    Args:
        runs: the oldest first.
        keep: how many of each, 1 or more.
        active: folders of runs that have not ended: they stay, and count.
    """
    names: dict[str, list[RecordedRun]] = {}
    for run in runs:
        names.setdefault(run.name, []).append(run)
    for ours in names.values():
        yield from (run for run in ours[:-keep] if Path(run.folder) not in active)


def remove(run: RecordedRun) -> None:
    """Remove its folder; links in it are removed and not followed.

    Raises:
        OSError: it cannot be.
    """
    shutil.rmtree(run.folder)

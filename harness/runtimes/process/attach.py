"""Taking hold of a run from another process: to heal it, to end it, to see what lives of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.clock import RunClock, monotonic_ns
from harness.runtime_kind import Found
from harness.runtimes.process.cleanup import OWNER_FILE, bare_state, end_run, remove_work_folder
from harness.runtimes.process.controls import controls_of
from harness.runtimes.process.site import Site
from harness.runtimes.real.attached import Attached, apart, found_again, found_run
from harness.runtimes.real.checking import check_process as check
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.procs import Marked, marked, members
from harness.runtimes.real.recovery import RecoveryFile
from harness.toolchain import cache_dir

NAME = "process"


def recover(run_dir: Path, run_id: str) -> dict[str, object]:
    """The recovery state of a run, from its folder.

    Raises:
        RuntimeFailure: there is none, or it is not as the run wrote it.
    """
    return RecoveryFile(RunFolders(run_id, run_dir), check).read()


async def attach(state: Mapping[str, object]) -> Attached:
    """Rebuild the controls of a run from its recovery state.

    Args:
        state: as `recover` or `ProcessRuntime.recovery_state` gave it.
    """
    site = Site(*found_again(state, check))
    return Attached(NAME, site, controls_of(site))


def end_processes(state: Mapping[str, object]) -> list[str]:
    """End every process of a run and remove its work folder; blocks until that is done.

    It may be called while an event loop runs: it has a thread with a loop of its own.

    Returns:
        what is left; empty when clean.
    """
    return apart(end_run(state, RunClock(monotonic_ns())))


def alive(state: Mapping[str, object]) -> list[str]:
    """Which processes of a run live: `payment_a (pid 123)`."""
    return [str(proc) for proc in members(state)]


def found() -> list[Found]:
    """Every run of this cache of which something lives or lies about, by marks alone."""
    runs: dict[str, list[Marked]] = {}
    for one in _marked_here():
        runs.setdefault(one.run_id, []).append(one)
    alive = [
        found_run(run_id, ones[0].owner, [str(one.proc) for one in ones])
        for run_id, ones in sorted(runs.items())
    ]
    return [*alive, *(one for one in _folders() if one.run_id not in runs)]


def end_found(run_id: str) -> list[str]:
    """End everything that carries a mark of this run, and remove its work folder; blocks.

    Returns:
        what is left; empty when clean.
    """
    marks = {one.mark for one in _marked_here() if one.run_id == run_id}
    left: list[str] = []
    for mark in sorted(marks):
        left += apart(end_run(bare_state(run_id, mark), RunClock(monotonic_ns())))
    return left or remove_work_folder(RunFolders(run_id, Path("/nonexistent")))


def _marked_here() -> Iterator[Marked]:
    cache = str(cache_dir())
    return (one for one in marked() if one.run_id and one.cache == cache)


def _folders() -> Iterator[Found]:
    """Work folders, by the process that made them."""
    root = cache_dir() / "work"
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        try:
            owner = (folder / OWNER_FILE).read_text()
        except (OSError, ValueError):
            owner = "0:0"
        yield found_run(folder.name, owner, [f"folder {folder}"])

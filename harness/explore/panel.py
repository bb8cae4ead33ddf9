"""The self-test on every core: one defect, or one run of the good design, a process at a time.

files of defects ──> hunt ─┐
                           ├──> processes ──> Report, in the order in which it was asked for
seeds ────────────> clean ─┘
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.clock import NS, monotonic_ns
from harness.explore.defects import load_defects
from harness.explore.self_test import Caught, Cell, Hunt, clean, hunt, places
from harness.model import RunVerdict

ALARMS = (RunVerdict.FAIL.value, RunVerdict.UNSAFE.value, RunVerdict.ERROR.value)


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Args:
        folder: of the defects.
        seeds: runs of the good design, each with a seed of its own.
        quick: leave a defect as soon as it is caught.
        workers: processes.
    """

    folder: Path
    seeds: int
    quick: bool
    workers: int


@dataclass(frozen=True)
class Report:
    """What came of it.

    Args:
        clean: what was seen of the good design.
        seconds: real time.
    """

    caught: tuple[Caught, ...]
    clean: tuple[Cell, ...]
    seconds: float

    @property
    def missed(self) -> list[Caught]:
        """Defects that nothing has seen."""
        return [one for one in self.caught if one.missed]

    @property
    def alarms(self) -> list[Cell]:
        """Where the good design was said to be bad, or could not be looked at."""
        return [cell for cell in self.clean if cell.verdict in ALARMS]

    @property
    def unclear(self) -> list[Cell]:
        """Where nothing could be said of the good design."""
        return [cell for cell in self.clean if cell.verdict == RunVerdict.INCONCLUSIVE.value]

    @property
    def exit_code(self) -> int:
        """0 when every defect was caught and there was no alarm, else 1."""
        return 1 if self.missed or self.alarms else 0


def self_test(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Carry it out.

    Raises:
        ConfigError: there are no defects in the folder, or a file of it defines none.
    """
    load_defects(plan.folder)  # every problem with a file before the first run
    files = sorted(file for file in plan.folder.glob("*.py") if not file.name.startswith("_"))
    began_ns = monotonic_ns()
    caught: list[Caught] = []
    seen: list[Cell] = []
    with _processes(plan.workers) as pool:
        hunts = pool.map(hunt, [Hunt(file, quick=plan.quick) for file in files])
        cleans = pool.map(clean, places(plan.seeds), chunksize=4)
        for one in hunts:
            caught.append(one)
            tell(f"{len(caught)}/{len(files)}  {one.name}: {'MISSED' if one.missed else 'caught'}")
        for cell in cleans:
            seen.append(cell)
            if cell.verdict in ALARMS:
                tell(f"ALARM at {cell.place}, seed {cell.seed}: {cell.why}")
    return Report(tuple(caught), tuple(seen), (monotonic_ns() - began_ns) / NS)


@contextmanager
def _processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that go with the block; what nobody has begun yet is dropped."""
    # spawn: a forked child would share the parent's threads, files and signal handlers.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(number, mp_context=context)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)

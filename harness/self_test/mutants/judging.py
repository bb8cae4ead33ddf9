"""One mutant before the experiments, in a process of its own with a bound on its processor time.

worker ──fork──> plant ─> place, place, … until one sees it ──pipe──> Outcome
                   RLIMIT_CPU: a mutant that never ends is ended by the system
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.model import RunVerdict
from harness.self_test.checks import DEFAULT, LIGHT, SEED, Cell, Subject, context, look
from harness.self_test.mutants.forked import allow_cpu, cpu_s, forked
from harness.self_test.mutants.loading import planted
from harness.self_test.mutants.sites import Mutant, source_of

KILLED, SURVIVED, HANGS, BROKEN = "killed", "survived", "hangs", "does not run"
CPU_FACTOR = (
    10  # chosen: a run with a mistake takes so many times as long as without, or never ends
)
CPU_S_MIN = 20


@dataclass(frozen=True)
class Trial:
    """What is to be done for one mutant.

    Args:
        package: of the service under test.
        file: of the module.
        places: place -> processor seconds of the service without a mistake, cheapest first.
    """

    mutant: Mutant
    package: str
    file: Path
    places: Mapping[str, float]
    subject: Subject = DEFAULT


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Args:
        state: killed, survived, hangs, or `does not run` (also seen: no verdict comes of it).
        place: that saw it, "" for none.
        by: names of invariants that broke there.
        cpu_s: processor time.
        looks: how many places were tried.
    """

    mutant: Mutant
    state: str
    place: str = ""
    by: tuple[str, ...] = ()
    why: str = ""
    cpu_s: float = 0.0
    looks: int = 0

    @property
    def seen(self) -> bool:
        """Whether it was seen."""
        return self.state != SURVIVED


def judge(trial: Trial) -> Outcome:
    """Plant a mutant in a child of this process, and see what sees it."""
    context(trial.subject)  # read before the fork, so that every child has it
    ended = forked(partial(_looked_at, trial))
    if isinstance(ended.result, Outcome):
        return ended.result
    if ended.overran:
        return Outcome(trial.mutant, HANGS, why="used up its processor time")
    return Outcome(trial.mutant, BROKEN, why=f"signal {ended.number}, {ended.result!r}")


def _looked_at(trial: Trial) -> Outcome:
    """In this very process."""
    source = source_of(trial.mutant, trial.file)
    looks, unclear = 0, ""
    with planted(trial.package, trial.mutant.module, trial.file, source):
        for place, clean_s in trial.places.items():
            allow_cpu(max(CPU_S_MIN, CPU_FACTOR * clean_s))
            looks += 1
            cell = _cell(place, trial.subject)
            state = _state(cell)
            if state != SURVIVED:
                return Outcome(
                    trial.mutant, state, place, tuple(cell.broken), cell.why, cpu_s(), looks
                )
            if cell.verdict != RunVerdict.PASS.value:
                unclear = unclear or f"{place}: {cell.why}"
    return Outcome(trial.mutant, SURVIVED, why=unclear, cpu_s=cpu_s(), looks=looks)


def _cell(place: str, subject: Subject) -> Cell:
    try:
        around = context(subject)
        return look(around, place, around.good, SEED, LIGHT, around.every_invariant)
    except Exception as error:  # of the mutant: whatever it raises where nobody expects it
        return Cell(place, SEED, RunVerdict.ERROR.value, {}, f"{type(error).__name__}: {error}")


def _state(cell: Cell) -> str:
    if cell.broken:
        return KILLED
    return BROKEN if cell.verdict == RunVerdict.ERROR.value else SURVIVED

"""Mutants before the experiments, in a process of its own with a bound on its processor time.

worker ──fork──> plant ─> place, place, … until one sees it ──pipe──> Sight
                   RLIMIT_CPU: a mutant that never ends is ended by the system
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from harness.model import RunVerdict
from harness.self_test.checks import DEFAULT, LIGHT, SEED, Cell, Subject, context, look
from harness.self_test.mutants.forked import allow_cpu, cpu_s, forked
from harness.self_test.mutants.loading import planted
from harness.self_test.mutants.sites import Mutant, source_with

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
        places: place -> processor seconds of the service without a mistake, in the order in which
            they look.
    """

    mutant: Mutant
    package: str
    file: Path
    places: Mapping[str, float]
    subject: Subject = DEFAULT


@dataclass(frozen=True)
class Sight:
    """What some places saw of one mutant, or of several at once.

    Args:
        state: killed, survived, hangs, or `does not run` (also seen: no verdict comes of it).
        place: that saw it, "" for none.
        by: names of invariants that broke there.
        cpu_s: processor time.
        looks: how many places were tried.
    """

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


@dataclass(frozen=True)
class Outcome(Sight):
    """What came of a mutant.

    Args:
        unfinished: time was over before every place had looked, and none had seen it.
    """

    mutant: Mutant = field(kw_only=True)
    unfinished: bool = field(default=False, kw_only=True)


def judge(trial: Trial) -> Outcome:
    """See which of its places sees a mutant."""
    sight = seen_of([trial], trial.places)
    return Outcome(**vars(sight), mutant=trial.mutant)


def seen_of(trials: Sequence[Trial], places: Mapping[str, float]) -> Sight:
    """Plant mutants together in a child of this process, and see what sees them first.

    Args:
        trials: of one package and subject; none within another.
        places: see `Trial`.
    """
    context(trials[0].subject)  # read before the fork, so that every child has it
    sources = _sources(trials)  # so is the syntax tree, which is kept for the next one
    ended = forked(partial(_looked_at, trials[0], sources, places))
    if isinstance(ended.result, Sight):
        return ended.result
    place = next(iter(places)) if len(places) == 1 else ""
    if ended.overran:
        return Sight(HANGS, place, why="used up its processor time")
    return Sight(BROKEN, place, why=f"signal {ended.number}, {ended.result!r}")


def _sources(trials: Sequence[Trial]) -> list[tuple[str, Path, str]]:
    """Module, file and changed source of each module in which one of them is."""
    modules: dict[str, list[Trial]] = {}
    for trial in trials:
        modules.setdefault(trial.mutant.module, []).append(trial)
    return [
        (module, own[0].file, source_with([one.mutant for one in own], own[0].file))
        for module, own in modules.items()
    ]


def _looked_at(
    trial: Trial, sources: Sequence[tuple[str, Path, str]], places: Mapping[str, float]
) -> Sight:
    """In this very process."""
    looks, unclear = 0, ""
    with ExitStack() as mistakes:
        for module, file, source in sources:
            mistakes.enter_context(planted(trial.package, module, file, source))
        for place, clean_s in places.items():
            allow_cpu(max(CPU_S_MIN, CPU_FACTOR * clean_s))
            looks += 1
            cell = _cell(place, trial.subject)
            state = _state(cell)
            if state != SURVIVED:
                return Sight(state, place, tuple(cell.broken), cell.why, cpu_s(), looks)
            if cell.verdict != RunVerdict.PASS.value:
                unclear = unclear or f"{place}: {cell.why}"
    return Sight(SURVIVED, why=unclear, cpu_s=cpu_s(), looks=looks)


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

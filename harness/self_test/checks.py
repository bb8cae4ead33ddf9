"""Shows that harm is seen: every planted defect is caught, and a good design raises no alarm.

    defect ──> planted in process ──> each experiment, and explore ──> which invariants broke
    good design ──> many seeds, and explore ──> nothing may break

A defect is caught when an invariant breaks that is expected to, in an experiment or in a search;
since the good design breaks none there, it is the defect that was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from harness.document import load_experiments
from harness.errors import HarnessError
from harness.experiment import Experiment
from harness.explore.explorer import SearchRequest, explore
from harness.explore.result import Found
from harness.explore.search import OutOfTime
from harness.explore.sim_run import trial
from harness.explore.sim_world import SIM, SimWorld
from harness.explore.workers import Workers
from harness.model import RunVerdict
from harness.pool.hands import Where
from harness.prepare import load_design
from harness.registry import Vocabulary, explored, load_vocabulary
from harness.runtime_choice import refuse_runtime
from harness.runtime_registry import load_runtime
from harness.self_test.defects import Defect, load_defect, load_defects, watched
from harness.steady_state import Hypothesis

GOOD = "hardened"
EXPLORE = "explore"
WORLDS_MAX = 150  # chosen: worlds of one journey in a search for one defect
TOPICS = 3  # an experiment is about the first so many of its invariants
LONG_S = 3600.0  # worlds bound a search, never this machine's speed
SEED = 1  # of every look at a defect: what was seen is seen again
WHOLE = 1.0  # of the load that an experiment asks for
# Chosen, for speed: more load only shows more. Measured, seed 1: of 240 sightings in experiments a
# third of the load loses 4 and wins 3; a defect that nothing saw is looked at with all of it.
LIGHT = 1 / 3
UNTOUCHED = "untouched"


@dataclass(frozen=True)
class Subject:
    """What is to be defended.

    Args:
        target: a file or a module; "" for the default one.
        design: name or path of its good design.
    """

    target: str = ""
    design: str = GOOD


DEFAULT = Subject()


@dataclass(frozen=True)
class Cell:
    """What one experiment, or one search, saw.

    Args:
        place: name of the experiment, or `explore`.
        seed: of it.
        verdict: of the run; pass or fail for a search; `untouched` where no run was needed.
        broken: invariant -> when it was seen broken, s of simulated time.
        why: the first reason.
        lasted_s: simulated time of the run, 0 for a search.
        worlds: how many scenarios a search ran.
        load: share of the experiment's load.
    """

    place: str
    seed: int
    verdict: str
    broken: Mapping[str, float]
    why: str = ""
    lasted_s: float = 0.0
    worlds: int = 0
    load: float = WHOLE


@dataclass(frozen=True)
class DefectSearch:
    """What is to be done for one defect.

    Args:
        file: of the defect.
        places: where to look, in this order; all of them when left out.
        load: share of each experiment's load.
        quick: end with the first place that catches it.
        subject: into which it is planted.
    """

    file: Path
    places: tuple[str, ...] = ()
    load: float = LIGHT
    quick: bool = False
    seed: int = SEED
    subject: Subject = DEFAULT


@dataclass(frozen=True)
class Caught:
    """What came of the searches for one defect."""

    name: str
    about: str
    expects: tuple[str, ...]
    cells: tuple[Cell, ...]

    def catches(self) -> Iterator[tuple[Cell, str]]:
        """Each place with each expected invariant that broke there."""
        for cell in self.cells:
            yield from ((cell, name) for name in cell.broken if name in self.expects)

    @property
    def missed(self) -> bool:
        """Whether nothing that was expected to has seen it."""
        return next(self.catches(), None) is None


@dataclass(frozen=True)
class CheckContext:
    """What every look needs; read once a process.

    Args:
        experiments: by name.
    """

    subject: Subject
    words: Vocabulary
    good: Mapping[str, object]
    experiments: Mapping[str, Experiment]

    @property
    def places(self) -> list[str]:
        """Every experiment, and the search."""
        return [*self.experiments, EXPLORE]

    @property
    def every_invariant(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.words.invariants)


@lru_cache(maxsize=1)
def context(subject: Subject) -> CheckContext:
    """What looks at a subject need, kept for the life of the process.

    Raises:
        ConfigError: there is no such target or design, or the target does not run on sim.
    """
    words = load_vocabulary(subject.target)
    refuse_runtime(words.target, load_runtime(SIM))
    good = load_design(subject.design, words)
    return CheckContext(subject, words, good, load_experiments(words))


def check_defect(search: DefectSearch) -> tuple[Cell, ...]:
    """Plant a defect and let experiments and a search look at it."""
    defect, around = load_defect(search.file), context(search.subject)
    design = {**around.good, **defect.design}
    cells: list[Cell] = []
    with defect.planted():
        for place in search.places or _by_topic(defect, around):
            load = WHOLE if place == defect.first else search.load
            cells.append(look(around, place, design, search.seed, load, defect.expects))
            if search.quick and set(cells[-1].broken) & set(defect.expects):
                break
    return tuple(cells)


def scout(place: str, folder: Path, subject: Subject = DEFAULT) -> frozenset[str]:
    """Which functions that a defect of the folder replaces the good design calls in an experiment.

    Returns:
        their keys.

    Raises:
        HarnessError: our environment broke.
    """
    swaps = [swap for defect in load_defects(folder) for swap in defect.swaps]
    with watched(swaps) as called:
        around = context(subject)
        _run(around, place, around.good, SEED, WHOLE)
    return frozenset(called)


def clean(place: str, seed: int, subject: Subject = DEFAULT) -> Cell:
    """The good design at one place (an experiment, `explore`) with one seed."""
    around = context(subject)
    return look(around, place, around.good, seed, WHOLE, ())


def places(seeds: int, names: Sequence[str]) -> list[tuple[str, int]]:
    """Where the good design is looked at: each seed at one experiment in turn, and one search.

    Args:
        names: of the experiments; one at least.
    """
    turns = [(names[seed % len(names)], seed) for seed in range(1, seeds + 1)]
    return [(EXPLORE, 1), *turns]


def _by_topic(defect: Defect, around: CheckContext) -> list[str]:
    """Where the defect says, then experiments that are about what it is expected to break, the
    search, the others."""
    ranks = {EXPLORE: TOPICS}
    for name, experiment in around.experiments.items():
        claims = experiment.invariants
        ranks[name] = min(
            (claims.index(one) for one in defect.expects if one in claims), default=len(claims)
        )
    return sorted(ranks, key=lambda name: (name != defect.first, ranks[name]))


def look(
    around: CheckContext,
    place: str,
    design: Mapping[str, object],
    seed: int,
    load: float,
    expects: Sequence[str],
) -> Cell:
    """What one experiment sees of a design, or one search, which ends with what is expected."""
    try:
        if place == EXPLORE:
            return _search(around, design, seed, expects)
        return _run(around, place, design, seed, load)
    except HarnessError as error:
        return Cell(place, seed, RunVerdict.ERROR.value, {}, str(error), load=load)


def _run(
    around: CheckContext, place: str, design: Mapping[str, object], seed: int, load: float
) -> Cell:
    experiment = around.experiments[place]
    if load != WHOLE:
        experiment = _under(experiment, load)
    seen = trial(experiment, design, around.words, seed)
    why = "" if seen.verdict is RunVerdict.PASS else seen.reasons[0]
    return Cell(
        place, seed, seen.verdict.value, seen.broken, why, round(seen.lasted_s, 1), load=load
    )


def _under(experiment: Experiment, load: float) -> Experiment:
    """The same with a share of its load, and without the gate of its steady state.

    The gate wants so many operations that only the whole load brings them in time; invariants, by
    which a defect is caught, need none.
    """
    return replace(
        experiment,
        arrivals_per_s=experiment.arrivals_per_s * load,
        stages=tuple(stage.times(load) for stage in experiment.stages),
        hypothesis=Hypothesis(experiment.hypothesis.title, ()),
    )


def _search(
    around: CheckContext, design: Mapping[str, object], seed: int, expects: Sequence[str]
) -> Cell:
    """One fault at every call of each journey, then two, until what is expected breaks."""
    broken: dict[str, float] = {}
    why, worlds = "", 0
    for journey in explored(around.words):
        found = Found()
        _explore(SimWorld(design, (journey,), seed, around.subject.target), expects, found)
        worlds += found.explored
        for one in found.minimal:
            why = why or f"{' and '.join(map(str, one.plan))}: {one.broken[0].what}"
            for seen in one.broken:
                broken.setdefault(seen.invariant, round(seen.t_s, 3))
        if set(broken) & set(expects):
            break
    verdict = RunVerdict.FAIL if broken else RunVerdict.PASS
    return Cell(EXPLORE, seed, verdict.value, broken, why, worlds=worlds)


def _explore(world: SimWorld, expects: Sequence[str], found: Found) -> None:
    def enough(so_far: Found, size: int) -> None:
        seen = {one.invariant for minimal in so_far.minimal for one in minimal.broken}
        if seen & set(expects) or so_far.explored >= WORLDS_MAX:
            raise OutOfTime

    request = SearchRequest(faults=2, budget_s=LONG_S, seed=world.seed, swarm=False)
    explore(Workers(lambda: world, Where(1)), request, enough, found)

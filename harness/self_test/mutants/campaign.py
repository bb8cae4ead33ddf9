"""Mutants of a package, each before the experiments that run its lines, the cheapest first.

every place ──> lines that the good design runs there, and its cost
                  │
mutants ──────────┴─> judge: the first places ─> killed by ... ──────┐
                        └─> not seen: several at once, the others ───┴─> score of each module

What no place runs is not run, and counts as survived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.pool.hands import Where, hands
from harness.rng import Seed
from harness.self_test.checks import DEFAULT, LIGHT, Subject, context
from harness.self_test.mutants.judging import Outcome, Trial
from harness.self_test.mutants.passes import Hands, Spent, first_pass, places_of, second_pass
from harness.self_test.mutants.reviewed import Reviewed
from harness.self_test.mutants.running import Ran, ran
from harness.self_test.mutants.sites import Mutant, every_mutant, package_files

SCORE_MIN = 0.9  # of a required module; chosen


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Args:
        package: the service under test.
        reviewed: what people have said of its mutants.
        where: who does it.
        modules: last parts of the names of modules; all of them when left out.
        sample: how many mutants are drawn; 0 for all.
        budget_s: nothing is begun after it, the look at the good design neither; 0 for no bound.
    """

    package: str
    reviewed: Reviewed
    seed: int
    where: Where
    modules: tuple[str, ...] = ()
    sample: int = 0
    budget_s: float = 0.0
    subject: Subject = DEFAULT


@dataclass(frozen=True)
class ModuleScore:
    """What came of a module's mutants.

    Args:
        survived: nothing saw them, where time was over before every place had looked too.
        left: how many were not begun in time.
    """

    name: str
    required: bool
    killed: int
    survived: int
    equivalent: int
    left: int

    @property
    def score(self) -> float | None:
        """Share killed of those judged, equivalent ones not among them; None: none was judged."""
        judged = self.killed + self.survived
        return self.killed / judged if judged else None


@dataclass(frozen=True)
class Report:
    """What came of it.

    Args:
        drawn: how many mutants there are in all.
        equivalent: reviewed ones, not run.
        seconds: real time, of the look at the good design too.
        rest_s: of it for those that the first places did not see.
    """

    outcomes: tuple[Outcome, ...]
    equivalent: tuple[Mutant, ...]
    modules: tuple[ModuleScore, ...]
    drawn: int
    seconds: float
    rest_s: float = 0.0
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Outcome]:
        """By place in the source."""
        found = [one for one in self.outcomes if not one.seen]
        return sorted(found, key=lambda one: (one.mutant.module, one.mutant.number))

    @property
    def unfinished(self) -> int:
        """How many of the survivors not every place had looked at when time was over."""
        return sum(one.unfinished for one in self.outcomes)

    @property
    def left(self) -> int:
        """How many of those asked for were not begun in time."""
        return sum(one.left for one in self.modules)

    @property
    def exit_code(self) -> int:
        """0 when every required module reaches its score, 1 when one does not, 3 when of one none
        was judged; or of all, where none is required."""
        scores = [one.score for one in self.modules if one.required]
        known = [score for score in scores if score is not None]
        if any(score < SCORE_MIN for score in known):
            return 1
        return 0 if len(known) == len(scores) and self.outcomes else 3


def campaign(asked: Asked, tell: Callable[[str], None]) -> Report:
    """Carry it out.

    Raises:
        ConfigError: no such package, or what is needed is not installed.
        HarnessError: the good design fails somewhere.
    """
    spent = Spent(asked.budget_s)
    files = _chosen(asked)
    mutants = _drawn(asked, list(every_mutant(files)))
    equal = [one for one in mutants if asked.reviewed.why(one)]
    todo = [one for one in mutants if not asked.reviewed.why(one)]
    with (
        TemporaryDirectory(prefix="harness-") as folder,
        hands(asked.where, folder) as (pool, number),
    ):
        root = _root(asked.package)
        names = list(context(asked.subject).places)
        looks = [pool.submit(ran, place, root, LIGHT, asked.subject) for place in names]
        places = _looked(looks, tell, spent)
        outcomes: list[Outcome] = []
        rest_s = 0.0
        if len(places) == len(names):  # else nobody knows which places run a mutant's lines
            tell(f"{len(todo)} mutants of {len(files)} modules, {len(places)} places")
            outcomes, rest_s = _judged(asked, Hands(pool, number, tell, spent), todo, files, places)
    modules = tuple(_score(name, asked, todo, outcomes, equal) for name in files)
    return Report(tuple(outcomes), tuple(equal), modules, len(mutants), spent.took_s, rest_s, files)


def _judged(
    asked: Asked,
    at: Hands,
    todo: Sequence[Mutant],
    files: Mapping[str, Path],
    places: Sequence[Ran],
) -> tuple[list[Outcome], float]:
    """What came of each that was begun, and how long those took that the first places did not
    see, s."""
    trials = [
        Trial(
            one, asked.package, files[one.module], places_of(one, files[one.module], places),
            asked.subject,
        )
        for one in todo
    ]  # fmt: skip
    begun = list(first_pass(at, trials))
    middle_s = at.spent.took_s
    return list(second_pass(at, begun)), at.spent.took_s - middle_s


def _chosen(asked: Asked) -> dict[str, Path]:
    files = package_files(asked.package)
    return {
        name: file
        for name, file in files.items()
        if not asked.reviewed.leaves_out(name)
        and (not asked.modules or name.rpartition(".")[2] in asked.modules)
    }


def _root(package: str) -> Path:
    """The folder of a package, or of a module."""
    return next(iter(package_files(package).values())).parent


def _drawn(asked: Asked, mutants: list[Mutant]) -> list[Mutant]:
    """All of them or a sample, in an order that the seed gives: a part is a fair one."""
    dice = Seed(asked.seed).stream("self-test/mutants")
    return dice.sample(mutants, min(asked.sample or len(mutants), len(mutants)))


def _looked(looks: Sequence[Future[Ran]], tell: Callable[[str], None], spent: Spent) -> list[Ran]:
    """What the good design runs at each place, in the order of the places; as far as there is time
    for it."""
    done = 0
    try:
        for done, look in enumerate(as_completed(looks, timeout=spent.rest_s), 1):
            tell(f"{done}/{len(looks)}  {look.result().place} of the good design")
    except TimeoutError:
        for look in looks:
            look.cancel()
        tell(f"out of time after {done} of {len(looks)} places of the good design")
        return []
    return [look.result() for look in looks]


def _score(
    name: str,
    asked: Asked,
    todo: Sequence[Mutant],
    outcomes: Sequence[Outcome],
    equal: Sequence[Mutant],
) -> ModuleScore:
    own = [one for one in outcomes if one.mutant.module == name]
    return ModuleScore(
        name,
        name.rpartition(".")[2] in asked.reviewed.required,
        killed=sum(one.seen for one in own),
        survived=sum(not one.seen for one in own),
        equivalent=sum(one.module == name for one in equal),
        left=sum(one.module == name for one in todo) - len(own),
    )

"""Two passes over mutants: each alone before the first of its places, then what nothing has seen,
several at once, before the others.

Most mutants are seen soon, and what is not seen soon takes all places: so all are begun before any
is shown to all of them, and what is known when time is over is a fair part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from harness.clock import NS, monotonic_ns
from harness.pool.hands import Pool
from harness.self_test.mutants.judging import SURVIVED, Outcome, Trial, judge
from harness.self_test.mutants.running import Ran
from harness.self_test.mutants.sites import Mutant
from harness.self_test.mutants.together import Group, cut_short, grouped, judge_together, ordered

NOT_RUN = "no experiment runs it"
FIRST_S = 8.0  # chosen: of the good design under coverage; six of the cheapest places
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Spent:
    """How long it has taken, and may take.

    Args:
        budget_s: 0 for no bound.
    """

    budget_s: float
    began_ns: int = field(default_factory=monotonic_ns)

    @property
    def took_s(self) -> float:
        """Real time until now."""
        return (monotonic_ns() - self.began_ns) / NS

    @property
    def rest_s(self) -> float | None:
        """What is left; None: nothing bounds it."""
        return max(0.0, self.budget_s - self.took_s) if self.budget_s else None


@dataclass(frozen=True)
class Hands:
    """Who does it, and who is told.

    Args:
        number: how many there are.
    """

    pool: Pool
    number: int
    tell: Callable[[str], None]
    spent: Spent

    def done(
        self, function: Callable[[T], R], tasks: Iterable[T], ahead: int
    ) -> Iterator[tuple[T, R]]:
        """Each task with its result, as they come; none is begun once time is over.

        Args:
            ahead: how many are handed out for each hand.
        """
        going: dict[Future[R], T] = {}
        waiting = iter(tasks)
        while True:
            while len(going) < ahead * self.number and self.spent.rest_s != 0.0:
                task = next(waiting, None)
                if task is None:
                    break
                going[self.pool.submit(function, task)] = task
            if not going:
                return
            future = next(as_completed(going))
            yield going.pop(future), future.result()


def places_of(mutant: Mutant, file: Path, places: Sequence[Ran]) -> dict[str, float]:
    """Where the mutant's lines run, with the cost of each place: the cheapest first, the search
    last."""
    lines = set(range(mutant.line, mutant.last_line + 1))
    return ordered(
        {one.place: one.cpu_s} for one in places if lines & one.lines.get(str(file), frozenset())
    )


def first_pass(at: Hands, trials: Sequence[Trial]) -> Iterator[tuple[Trial, Outcome]]:
    """What the first places of each see; with each the places that are left."""
    run = []
    for trial in trials:
        if trial.places:
            run.append(trial)
        else:
            yield trial, Outcome(SURVIVED, why=NOT_RUN, mutant=trial.mutant)
    later = {one.mutant.id: _later(one.places) for one in run}
    firsts = (
        replace(one, places={p: s for p, s in one.places.items() if p not in later[one.mutant.id]})
        for one in run
    )
    for number, (trial, outcome) in enumerate(at.done(judge, firsts, 2), 1):
        rest = later[trial.mutant.id]
        at.tell(f"{number}/{len(run)}  {_line(outcome, open_yet=bool(rest))}")
        yield replace(trial, places=rest), outcome


def second_pass(at: Hands, begun: Sequence[tuple[Trial, Outcome]]) -> Iterator[Outcome]:
    """What came of each in the end."""
    before = {trial.mutant.id: outcome for trial, outcome in begun}
    late = [trial for trial, outcome in begun if trial.places and not outcome.seen]
    groups = grouped(late)
    at.tell(f"{len(late)} not seen yet, in {len(groups)} groups")
    tasks = (
        Group(tuple(one), tuple(before[t.mutant.id] for t in one), at.spent.rest_s)
        for one in groups
    )
    number = 0
    for group, outcomes in at.done(judge_together, tasks, 1):
        for outcome in outcomes:
            number += 1
            at.tell(f"{number}/{len(late)}  {_line(outcome)}")
            before[outcome.mutant.id] = outcome
        late = [one for one in late if one not in group.trials]
    for trial in late:
        before[trial.mutant.id] = cut_short(before[trial.mutant.id])
    yield from before.values()


def _later(places: Mapping[str, float]) -> dict[str, float]:
    """All but the first."""
    took_s, later = 0.0, {}
    for place, cost_s in places.items():
        took_s += cost_s
        if took_s > FIRST_S and place != next(iter(places)):
            later[place] = cost_s
    return later


def _line(one: Outcome, *, open_yet: bool = False) -> str:
    state = "not seen yet" if open_yet and not one.seen else one.state
    who = f"{one.mutant.id} {one.mutant.module}:{one.mutant.line}"
    return f"{who} {state} {', '.join(one.by)} {one.place}  {one.cpu_s:.1f} s"

"""The self-test on every core: one look at a defect or at the good design, a process at a time;
or on a cluster.

good design ──> scout: which functions it calls in each experiment
                  │
defects ──────────┴─> check ─> where nothing was seen: check with the whole load ─┐
seeds ──────────────> clean ──────────────────────────────────────────────────────┴─> Report
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.clock import NS, monotonic_ns
from harness.errors import ConfigError, Problem
from harness.model import RunVerdict
from harness.pool.hands import Pool, Where, hands
from harness.self_test.checks import (
    DEFAULT,
    EXPLORE,
    SEED,
    UNTOUCHED,
    WHOLE,
    Caught,
    Cell,
    DefectSearch,
    Subject,
    check_defect,
    clean,
    context,
    places,
    scout,
)
from harness.self_test.defects import Defect, load_defects

ALARMS = (RunVerdict.FAIL.value, RunVerdict.UNSAFE.value, RunVerdict.ERROR.value)

Look = Future[tuple[Cell, ...]]


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Args:
        folder: of the defects.
        seeds: runs of the good design, each with a seed of its own.
        quick: leave a defect as soon as it is caught.
        where: who does it.
        subject: into which they are planted.
    """

    folder: Path
    seeds: int
    quick: bool
    where: Where
    subject: Subject = DEFAULT

    @property
    def experiments(self) -> list[str]:
        """The names of all that the subject can be looked at with."""
        return list(context(self.subject).experiments)

    def search(self, defect: Defect, **how: Any) -> DefectSearch:
        """What is to be done for a defect of the folder; see DefectSearch."""
        return DefectSearch(self.folder / f"{defect.name}.py", subject=self.subject, **how)


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
        ConfigError: there are no defects in the folder, or a file of it defines none; or there is
            no experiment on the target.
    """
    if not plan.experiments:
        cause = "there is no experiment on it: nothing would be looked at"
        raise ConfigError(Problem(cause, plan.subject.target, remedy="name a folder in `include`"))
    defects = load_defects(plan.folder)  # every problem with a file before the first run
    began_ns = monotonic_ns()
    caught: list[Caught] = []
    seen: list[Cell] = []
    with hands(plan.where) as (pool, _):
        looks = _begun(pool, plan, defects)
        turns = places(plan.seeds, plan.experiments)
        cleans = [pool.submit(clean, *place, plan.subject) for place in turns]
        for defect in defects:
            caught.append(one := _caught(pool, plan, defect, looks[defect.name]))
            tell(f"{len(caught)}/{len(looks)}  {one.name}: {'MISSED' if one.missed else 'caught'}")
        for look in cleans:
            seen.append(cell := look.result())
            if cell.verdict in ALARMS:
                tell(f"ALARM at {cell.place}, seed {cell.seed}: {cell.why}")
    return Report(tuple(caught), tuple(seen), (monotonic_ns() - began_ns) / NS)


def _begun(pool: Pool, plan: Plan, defects: Sequence[Defect]) -> dict[str, list[Look]]:
    """The looks at each defect, by its name; what takes longest is begun first."""
    if plan.quick:
        return {
            one.name: [pool.submit(check_defect, plan.search(one, quick=True))] for one in defects
        }
    runs = {
        place: pool.submit(scout, place, plan.folder, plan.subject) for place in plan.experiments
    }
    looks = {
        one.name: [pool.submit(check_defect, plan.search(one, places=(EXPLORE,)))]
        for one in defects
    }
    calls = {place: run.result() for place, run in runs.items()}
    for one in defects:
        for place, called in calls.items():
            if one.strikes(called):
                search = plan.search(one, places=(place,))
                looks[one.name].append(pool.submit(check_defect, search))
    return looks


def _caught(pool: Pool, plan: Plan, defect: Defect, looks: Sequence[Look]) -> Caught:
    """What came of the looks; where nothing was seen, of looks with the whole load."""
    cells = {cell.place: cell for cell in _cells(looks)}
    if not plan.quick:
        untouched = [place for place in plan.experiments if place not in cells]
        cells |= {place: Cell(place, SEED, UNTOUCHED, {}) for place in untouched}
    caught = Caught(defect.name, defect.about, defect.expects, tuple(cells.values()))
    if not caught.missed:
        return caught
    again = [plan.search(defect, places=(place,), load=WHOLE) for place in plan.experiments]
    seen = _cells([pool.submit(check_defect, one) for one in again])
    cells |= {cell.place: cell for cell in seen}
    return replace(caught, cells=tuple(cells.values()))


def _cells(looks: Sequence[Look]) -> Iterator[Cell]:
    for look in looks:
        yield from look.result()

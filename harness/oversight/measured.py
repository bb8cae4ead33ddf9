"""What recorded runs say of a risk: how often its faults broke a promise, and how many users
were hit; the grade that follows.

    likelihood   P(breach | fault): share of judged runs that failed, with its exact interval
    extent       the greatest share of users who were refused or got no explanation
    grade        critical   a tier-1 invariant was broken, however seldom
                 else       likelihood and extent together; low where nothing was broken
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict, JsonObject
from harness.model import RunVerdict, Validity
from harness.oversight.register import SCALE
from harness.run_record import SIZE_MAX
from harness.runtime_registry import runtime_kinds
from harness.safe_files import read_bytes
from harness.stats import clopper_pearson
from harness.store import VERDICT
from harness.suite.recorded_runs import RecordedRun
from harness.suite.told import contradictions

JUDGED = (RunVerdict.PASS, RunVerdict.FAIL)
LIKELY = (0.1, 0.5)  # chosen: up to 10 % rare, up to 50 % possible, above it likely
WIDE = (0.01, 0.1)  # chosen: up to 1 % of users few, up to 10 % some, above it many
MATRIX = ((0, 1, 1), (1, 1, 2), (1, 2, 2))  # likelihood, extent -> index into SCALE
WORST = len(SCALE) - 1
TierOne = Callable[[Sequence[str]], bool]
"""Whether an invariant with these ids of the catalogue tolerates nothing."""


@dataclass(frozen=True)
class Broken:
    """An invariant that recorded runs broke.

    Args:
        title: `M1 no_double_payout`.
        tier_one: whether it tolerates nothing.
        runs: in how many.
        what: the first counterexample.
        run_dir: the run of it.
    """

    title: str
    tier_one: bool
    runs: int
    what: str
    run_dir: str


@dataclass(frozen=True)
class Measured:
    """The judged runs of one experiment.

    Args:
        runs: judged pass or fail; 0 where nothing was recorded.
        breaches: of them, failed.
        low, high: the 95 % interval of P(breach | fault).
        hit: the greatest share of users hit in a run.
        grade: of SCALE; "" where nothing was judged and no invariant of tier 1 is broken.
        broken: also by runs that were not judged: interrupted, unsafe.
    """

    experiment: str
    runs: int = 0
    breaches: int = 0
    low: float = 0.0
    high: float = 1.0
    hit: float = 0.0
    grade: str = ""
    broken: tuple[Broken, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Plain JSON data."""
        return {**asdict(self), "reason": self.reason}

    @property
    def tier_one(self) -> tuple[Broken, ...]:
        """Broken ones that tolerate nothing."""
        return tuple(one for one in self.broken if one.tier_one)

    @property
    def reason(self) -> str:
        """Why it has its grade, with the numbers."""
        said = f"{self.experiment}: no judged run"
        if self.runs:
            said = (
                f"{self.experiment}: {self.breaches} of {self.runs} runs failed, "
                f"P(breach | fault) {self.low:.0%} to {self.high:.0%}, users hit {self.hit:.1%}"
            )
        titles = ", ".join(one.title for one in self.tier_one or self.broken)
        return f"{said}; {'tier 1 ' * bool(self.tier_one)}broken: {titles}" if titles else said


def measured(
    name: str, id_: str, runs: Iterable[RecordedRun], design: str, tier_one: TierOne
) -> Measured:
    """What the runs of an experiment with a design came to.

    Args:
        name, id_: of the experiment; a run is one of it by either.
        runs: the oldest first.

    Raises:
        ConfigError: a verdict.json is not what a run writes.
    """
    documents = [_document(run) for run in _trials(runs, {name, id_}, design)]
    broken = tuple(_broken(documents, tier_one))
    worst = SCALE[WORST] if any(one.tier_one for one in broken) else ""
    judged = [one for one in documents if one["verdict"] in JUDGED]
    if not judged:
        return Measured(id_, grade=worst, broken=broken)
    n, breaches = len(judged), sum(one["verdict"] == RunVerdict.FAIL for one in judged)
    low, high = clopper_pearson(breaches, n)
    hit = max(one["hit"] for one in judged)
    grade = worst or _grade(breaches / n, hit)
    return Measured(id_, n, breaches, low, high, hit, grade, broken)


def _grade(likelihood: float, hit: float) -> str:
    if not likelihood:
        return SCALE[0]
    return SCALE[MATRIX[_step(likelihood, LIKELY)][_step(hit, WIDE)]]


def _step(value: float, limits: Sequence[float]) -> int:
    return sum(value > limit for limit in limits)


def _trials(runs: Iterable[RecordedRun], names: set[str], design: str) -> Iterable[RecordedRun]:
    """Runs with a verdict; of a deterministic runtime, one seed is one trial: its latest run."""
    repeatable = {name for name, kind in runtime_kinds().items() if kind.deterministic}
    trials: dict[object, RecordedRun] = {}
    for run in runs:
        if {run.experiment, run.name} & names and run.design == design and run.verdict:
            judged = run.verdict in JUDGED  # a run that was interrupted takes no place of theirs
            same = (run.runtime, run.seed, judged) if run.runtime in repeatable else run.folder
            trials[same] = run
    return trials.values()


def _document(run: RecordedRun) -> JsonObject:
    """As much of verdict.json as a grade rests on."""
    path = Path(run.folder) / VERDICT
    raw = read_bytes(path, SIZE_MAX, follow=False)
    try:
        document: JsonDict = json.loads(raw)
        if why := next(contradictions(document), ""):
            raise ValueError(why)
        users = document["figures"].get("users") or {}
        return {
            "verdict": run.verdict,
            "broken": [
                (str(one["id"]), str(one["name"]), str((one["first_bad"] or {}).get("what", "")))
                for one in document["invariants"]
                if one["verdict"] == Validity.INVALID
            ],
            "hit": users.get("turned_away", users.get("unexplained", 0))
            / max(1, users.get("seen", 0)),
            "run_dir": run.folder,
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        cause = f"not what a run writes: {type(error).__name__}: {error}"
        raise ConfigError(Problem(cause, str(path), remedy="harness report of the run")) from None


def _broken(documents: Sequence[JsonObject], tier_one: TierOne) -> Iterator[Broken]:
    """Each invariant once, those of tier 1 first."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for document in documents:
        for ids, name, what in document["broken"]:
            found.setdefault((ids, name), []).append((what, document["run_dir"]))
    every = [
        Broken(f"{ids} {name}".lstrip(), tier_one(ids.split("/")), len(seen), *seen[0])
        for (ids, name), seen in found.items()
    ]
    yield from sorted(every, key=lambda one: not one.tier_one)

"""How early a detector warns, at how many false alarms: learned on some runs, tried on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from harness.detector import Detector, Sample
from harness.errors import ConfigError, Problem
from harness.json_types import JsonDict
from harness.stats import quantiles
from harness.warning.samples import EVERY_S, Watched

DAY_S = 86_400
AMBER = 10  # chosen: amber may be wrong ten times as often as red
APART_S = 10.0  # chosen: alarms that are less apart are one
SAMPLE_S_MAX = 0.05 * EVERY_S  # a detector that takes more of its second is too slow
CURVE = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)  # quantiles of quiet scores

Make = Callable[[], Detector]
Timer = Callable[[], float]
Points = Sequence[tuple[float, float]]
"""Moment, s, and how strange it was."""


@dataclass(frozen=True)
class Asked:
    """What is to be scored.

    Args:
        false_alarms_per_day: that red may cost.
        users: detection is in time before so many were harmed.
    """

    false_alarms_per_day: float = 24.0
    users: int = 10


@dataclass(frozen=True)
class Warned:
    """What a detector made of one run with faults.

    Args:
        amber_s, red_s: the first alarm after the first injection, s on the run clock.
        harmed_s: when the first user was harmed.
        harmed_before: users harmed before red; all of them where there was none.
    """

    run: str
    amber_s: float | None
    red_s: float | None
    harmed_s: float | None
    harmed_before: int
    harmed: int

    @property
    def lead_s(self) -> float | None:
        """From red to the first harmed user; below 0 where he came first."""
        if self.red_s is None or self.harmed_s is None:
            return None
        return self.harmed_s - self.red_s

    def in_time(self, users: int) -> bool:
        """Whether red came before so many users were harmed."""
        return self.red_s is not None and self.harmed_before < users


@dataclass(frozen=True)
class Scored:
    """One detector.

    Args:
        false_alarms: of red in `quiet_s` seconds that it had not learned from.
        curve: false alarms a day, share of the runs with harm in which it was in time.
        sample_us: mean time that a sample took.
    """

    detector: str
    runs: tuple[Warned, ...]
    false_alarms: int
    quiet_s: float
    curve: tuple[tuple[float, float], ...]
    sample_us: float

    @property
    def harmed(self) -> list[Warned]:
        """Runs in which somebody was harmed."""
        return [one for one in self.runs if one.harmed_s is not None]

    def lead_s(self) -> float | None:
        """The median over the runs with harm in which it warned."""
        leads = [one.lead_s for one in self.harmed if one.lead_s is not None]
        return median(leads) if leads else None

    def share_in_time(self, users: int) -> float:
        """Of the runs with harm."""
        return sum(one.in_time(users) for one in self.harmed) / max(1, len(self.harmed))


@dataclass(frozen=True)
class _Tried:
    """A run, how strange each of its moments was, and the limits that were learned elsewhere."""

    run: Watched
    points: Points
    amber: float
    red: float

    @property
    def quiet(self) -> Points:
        return [one for one in self.points if one[0] <= self.run.quiet_s]

    def first(self, limit: float) -> float | None:
        """The first alarm once something was injected."""
        quiet_s = self.run.quiet_s
        return next((t_s for t_s, odd in self.points if t_s > quiet_s and odd > limit), None)

    def warned(self, amber: float, red: float) -> Warned:
        harmed, red_s = self.run.harmed_s, self.first(red)
        before = sum(red_s is None or t_s < red_s for t_s in harmed)
        first = harmed[0] if harmed else None
        return Warned(self.run.name, self.first(amber), red_s, first, before, len(harmed))


def score(name: str, make: Make, runs: Sequence[Watched], asked: Asked, timer: Timer) -> Scored:
    """Learn on every second run of each design and try on the others, then the other way round.

    Args:
        make: a new detector.
        runs: at least two.
        timer: s, of this machine.

    Raises:
        ConfigError: the detector raises, or is too slow.
    """
    began_s, runs = timer(), sorted(runs, key=lambda one: (one.design, one.name))
    tried = [one for fold in (0, 1) for one in _tried(name, make, runs, fold, asked)]
    samples = sum(len(one.points) for one in tried)
    sample_s = (timer() - began_s) / max(1, samples)
    if sample_s > SAMPLE_S_MAX:
        cause = f"detector {name} takes {sample_s * 1000:.0f} ms a sample"
        raise ConfigError(Problem(cause, allowed=f"at most {SAMPLE_S_MAX * 1000:.0f} ms"))
    return Scored(
        name,
        tuple(one.warned(one.amber, one.red) for one in tried if one.run.quiet_s < _end_s(one)),
        sum(_alarms(one.quiet, one.red) for one in tried),
        sum(len(one.quiet) for one in tried) * EVERY_S,
        tuple(_curve(tried, asked.users)),
        sample_s * 1e6,
    )


def _end_s(tried: _Tried) -> float:
    return tried.points[-1][0] if tried.points else 0.0


def _tried(
    name: str, make: Make, runs: Sequence[Watched], fold: int, asked: Asked
) -> Iterator[_Tried]:
    known, new = runs[fold::2], runs[1 - fold :: 2]
    try:
        detector = make()
        detector.learn([one.quiet for one in known])
        quiet = [_points(detector, one.quiet) for one in known]
        amber = _limit(quiet, asked.false_alarms_per_day * AMBER)
        red = _limit(quiet, asked.false_alarms_per_day)
        for run in new:
            yield _Tried(run, _points(detector, run.samples), amber, red)
    except ConfigError:
        raise
    except Exception as error:
        cause = f"detector {name} raised {type(error).__name__}: {error}"
        raise ConfigError(Problem(cause, remedy="harness list detectors")) from error


def _points(detector: Detector, samples: Sequence[Sample]) -> Points:
    feed = detector.watch()
    return [(one.t_s, float(feed(one))) for one in samples]


def _limit(quiet: Sequence[Points], per_day: float) -> float:
    """The lowest limit above which the quiet stretches hold no more alarms than are allowed."""
    seconds = sum(map(len, quiet)) * EVERY_S
    allowed = per_day * seconds / DAY_S
    found = 0.0
    for limit in sorted({odd for run in quiet for _, odd in run}, reverse=True):
        if sum(_alarms(run, limit) for run in quiet) > allowed:
            break
        found = limit
    return found


def _alarms(points: Points, limit: float) -> int:
    """How often it rings; alarms that are close are one."""
    count, last_s = 0, float("-inf")
    for t_s, odd in points:
        if odd > limit:
            count += t_s - last_s > APART_S
            last_s = t_s
    return count


def _curve(tried: Sequence[_Tried], users: int) -> Iterator[tuple[float, float]]:
    odds = [odd for one in tried for _, odd in one.quiet]
    days = len(odds) * EVERY_S / DAY_S
    harmed = [one for one in tried if one.run.harmed_s]
    for limit in dict.fromkeys(quantiles(odds, CURVE) if odds else []):
        per_day = sum(_alarms(one.quiet, limit) for one in tried) / days
        in_time = sum(one.warned(limit, limit).in_time(users) for one in harmed)
        yield per_day, in_time / max(1, len(harmed))


def as_data(one: Scored, users: int) -> JsonDict:
    """Plain JSON data."""
    return {
        "detector": one.detector,
        "in_time_share": round(one.share_in_time(users), 4),
        "lead_s": one.lead_s(),
        "false_alarms": one.false_alarms,
        "quiet_s": one.quiet_s,
        "sample_us": round(one.sample_us, 1),
        "curve": [
            {"false_alarms_per_day": round(rate, 1), "in_time_share": round(share, 4)}
            for rate, share in one.curve
        ],
        "runs": [
            {
                "run": run.run,
                "amber_s": run.amber_s,
                "red_s": run.red_s,
                "first_harmed_s": run.harmed_s,
                "lead_s": None if run.lead_s is None else round(run.lead_s, 3),
                "users_harmed": run.harmed,
                "users_harmed_before": run.harmed_before,
            }
            for run in one.runs
        ],
    }

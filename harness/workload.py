"""The load as data: what is asked of it, what it did."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from harness.errors import RuntimeFailure


class Stage(NamedTuple):
    """A stretch of the load with a rate of its own; a ramp where the two rates differ.

    Args:
        for_s: its length.
        from_per_s, to_per_s: arrivals a second at its start and at its end, both above 0.
    """

    for_s: float
    from_per_s: float
    to_per_s: float

    def __str__(self) -> str:
        """Its rates: `8/s`, `8/s..24/s`."""
        rates = dict.fromkeys((self.from_per_s, self.to_per_s))
        return "..".join(f"{rate:.4g}/s" for rate in rates)

    def times(self, factor: float) -> Stage:
        """The same with so many times the arrivals."""
        return Stage(self.for_s, self.from_per_s * factor, self.to_per_s * factor)

    def expected(self, t_s: float) -> float:
        """Arrivals to be expected in its first `t_s` seconds."""
        slope = (self.to_per_s - self.from_per_s) / self.for_s
        return self.from_per_s * t_s + slope * t_s * t_s / 2

    def when(self, count: float) -> float:
        """Seconds after which `count` arrivals are to be expected: the inverse of `expected`."""
        slope = (self.to_per_s - self.from_per_s) / self.for_s
        if not slope:
            return count / self.from_per_s
        root = math.sqrt(max(0.0, self.from_per_s**2 + 2 * slope * count))
        return 2 * count / (self.from_per_s + root)


def expected_arrivals(stages: Sequence[Stage], t_from_s: float, t_to_s: float) -> float:
    """Arrivals to be expected in [t_from_s, t_to_s) of a load of stages."""
    count, begun_s = 0.0, 0.0
    for stage in stages:
        a, b = (min(max(t_s - begun_s, 0.0), stage.for_s) for t_s in (t_from_s, t_to_s))
        count += stage.expected(b) - stage.expected(a)
        begun_s += stage.for_s
    return count


def constant(per_s: float, for_s: float) -> tuple[Stage, ...]:
    """A load of one stage."""
    return (Stage(for_s, per_s, per_s),)


@dataclass(frozen=True)
class LoadMaker:
    """Who makes the load of a run in real time, as a command line says it of Locust.

    Args:
        workers: processes that share it; 0: one process that needs none.
        address: `HOST:PORT` at which they join.
        elsewhere: whether people start them, here or on other machines.
        page_port: of Locust's own page on 127.0.0.1; 0: none.
        locustfile: absolute path of one with users of its own; "": the borrowers of the document.
        users: how many of those there are.
        token: what workers and readers of the page have to know; never written down.
    """

    workers: int = 0
    address: str = ""
    elsewhere: bool = False
    page_port: int = 0
    locustfile: str = ""
    users: int = 0
    token: str = field(default="", repr=False)

    @property
    def argv(self) -> list[str]:
        """As it stands in a command; the page and who joins are for one run."""
        words = [("--workers", self.workers), ("--locustfile", self.locustfile)]
        words += [("--users", self.users)] if self.locustfile else []
        return [word for name, value in words if value for word in (name, str(value))]


USUAL_MAKER = LoadMaker()


@dataclass(frozen=True)
class LoadPlan:
    """What the load has to do; plain data, handed to another process.

    Args:
        target: dotted name, or absolute path, of the module that defines TARGET.
        seed: for arrivals, journeys and think times.
        arrivals_per_s: mean of the Poisson process of journeys, where there are no stages.
        journeys: name -> weight.
        duration_s: arrivals happen in [0, duration_s).
        drain_s: how long running journeys may go on afterwards.
        refs: journey -> dotted name, or absolute path, of its module; those of the shipped words
            need none.
        stages: (length, rate at its start, rate at its end) each; empty: one rate all the time.
        maker: of a load in real time.
    """

    target: str
    seed: int
    arrivals_per_s: float
    journeys: Mapping[str, int]
    duration_s: float
    drain_s: float = 3.0
    refs: Mapping[str, str] = field(default_factory=dict)
    stages: Sequence[Sequence[float]] = ()
    maker: LoadMaker = USUAL_MAKER

    @property
    def profile(self) -> tuple[Stage, ...]:
        """The stages; a single one where there is one rate all the time."""
        given = tuple(Stage(*stage) for stage in self.stages)
        return given or constant(self.arrivals_per_s, self.duration_s)


@dataclass(frozen=True)
class LoadReport:
    """Journeys asked for by the plan, started, started late (> 100 ms), dropped."""

    asked: int
    delivered: int
    late: int
    dropped: int
    late_worst_s: float


class LoadEnded(RuntimeFailure):
    """The program that makes the load ended before its report, though nobody had asked it to.

    Args:
        code: as shells say it: 128 and the signal's number after a signal.
        last_words: the last lines of its log.
    """

    def __init__(self, code: int, last_words: str) -> None:
        """Take both."""
        self.code, self.last_words = code, last_words
        super().__init__(
            f"load: it ended with exit code {code} before its work was done{last_words}"
        )


class LoadKilled(LoadEnded):
    """It was asked to end, did not, and was killed: what it would have reported is not known.

    Args:
        within_s: how long it had.
    """

    def __init__(self, code: int, last_words: str, within_s: float) -> None:
        """Take all three."""
        super().__init__(code, last_words)
        self.what = f"the load did not end within {within_s:g} s of being asked, and was killed"


Sink = Callable[[Mapping[str, object]], None]


class Load(Protocol):
    """A running load."""

    async def wait(self) -> LoadReport:
        """Until every journey ended or was cut at the end of the drain."""

    async def stop(self) -> LoadReport:
        """End it now; within 2 s.

        Raises:
            LoadEnded: there is no report; `LoadKilled` where it had to be killed.
        """

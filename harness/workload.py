"""The load as data: what is asked of it, what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class LoadPlan:
    """What the load has to do; plain data, handed to another process.

    Args:
        target: dotted name, or absolute path, of the module that defines TARGET.
        seed: for arrivals, journeys and think times.
        arrivals_per_s: mean of the Poisson process of journeys.
        journeys: name -> weight.
        duration_s: arrivals happen in [0, duration_s).
        drain_s: how long running journeys may go on afterwards.
        refs: journey -> dotted name, or absolute path, of its module; those of the shipped words
            need none.
    """

    target: str
    seed: int
    arrivals_per_s: float
    journeys: Mapping[str, int]
    duration_s: float
    drain_s: float = 3.0
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadReport:
    """Journeys asked for by the plan, started, started late (> 100 ms), dropped."""

    asked: int
    delivered: int
    late: int
    dropped: int
    late_worst_s: float


Sink = Callable[[Mapping[str, Any]], None]


class Load(Protocol):
    """A running load."""

    async def wait(self) -> LoadReport:
        """Until every journey ended or was cut at the end of the drain."""

    async def stop(self) -> LoadReport:
        """End it now; within 2 s."""

"""One exploration: exhaustive to k, then other environments, then the swarm, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.clock import NS, monotonic_ns
from harness.explore.environments import Environments
from harness.explore.result import Found
from harness.explore.search import OutOfTime, PlanRunner, Search
from harness.explore.swarm import Swarm
from harness.rng import Seed

NO_FACTORS: Mapping[str, tuple[str, ...]] = MappingProxyType({})
ENVIRONMENTS_SHARE = 0.5  # chosen: of the time that is left when the exhaustive part has ended


@dataclass(frozen=True)
class SearchRequest:
    """How far to look.

    Args:
        faults: exhaustive up to so many.
        budget_s: real seconds for everything.
        seed: of the swarm.
        swarm: whether to go on beyond `faults`.
        exact: branch at every call, also where the state is known.
    """

    faults: int = 3
    budget_s: float = 60.0
    seed: int = 0
    swarm: bool = True
    exact: bool = False


Tell = Callable[[Found, int], None]
"""Takes what was found so far and the size of the plan that was run last."""


def explore(
    runner: PlanRunner,
    request: SearchRequest,
    tell: Tell,
    found: Found | None = None,
    factors: Mapping[str, tuple[str, ...]] = NO_FACTORS,
) -> Found:
    """Search until everything asked for was done, the budget is over, or Ctrl-C.

    Args:
        found: is filled; a new one when left out.
        factors: of other environments, name -> values; none to leave them out.
    """
    found = found if found is not None else Found()
    began_ns = monotonic_ns()

    def tick(size: int) -> None:
        found.seconds = (monotonic_ns() - began_ns) / NS
        tell(found, size)
        if found.seconds > request.budget_s:
            raise OutOfTime

    search = Search(runner, found, tick, exact=request.exact)
    try:
        search.run(request.faults)
        if factors:
            share = ENVIRONMENTS_SHARE if request.swarm else 1.0
            until_s = found.seconds + share * (request.budget_s - found.seconds)
            Environments(runner, found, factors, tick, until_s).run()
        if request.swarm and search.pool:
            dice = Seed(request.seed).stream("explore/swarm")
            Swarm(runner, found, search.pool, dice, tick).run()
            found.ended = "dry"
    except OutOfTime:
        found.ended = "budget"
    except KeyboardInterrupt:
        found.ended = "interrupted"
    found.seconds = (monotonic_ns() - began_ns) / NS
    return found

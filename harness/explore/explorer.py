"""One exploration: exhaustive to k, then the swarm, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.clock import NS, monotonic_ns
from harness.explore.found import Found
from harness.explore.search import Crew, OutOfTime, Search
from harness.explore.swarm import Swarm
from harness.rng import Seed


@dataclass(frozen=True)
class Wish:
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


def explore(crew: Crew, wish: Wish, tell: Tell, found: Found | None = None) -> Found:
    """Search until everything asked for was done, the budget is over, or Ctrl-C.

    Args:
        found: is filled; a new one when left out.
    """
    found = found if found is not None else Found()
    began_ns = monotonic_ns()

    def tick(size: int) -> None:
        found.seconds = (monotonic_ns() - began_ns) / NS
        tell(found, size)
        if found.seconds > wish.budget_s:
            raise OutOfTime

    search = Search(crew, found, tick, exact=wish.exact)
    try:
        search.run(wish.faults)
        if wish.swarm and search.pool:
            dice = Seed(wish.seed).stream("explore/swarm")
            Swarm(crew, found, search.pool, dice, tick).run()
            found.ended = "dry"
    except OutOfTime:
        found.ended = "budget"
    except KeyboardInterrupt:
        found.ended = "interrupted"
    found.seconds = (monotonic_ns() - began_ns) / NS
    return found

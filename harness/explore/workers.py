"""Runs plans on every core, in worker processes.

    plans, in order ──> chunks ──> futures: processes of this machine, or of a cluster
                                       │
    answers, in the order of the plans <┘

Answers are taken in order: what is found does not depend on how many processes there are, nor on
which of them was quicker.
"""

from __future__ import annotations

import math
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import ExitStack
from functools import lru_cache
from itertools import islice
from types import TracebackType

from harness.clock import NS, monotonic_ns
from harness.errors import HarnessError, RuntimeFailure
from harness.explore.plans import Plan, Seen, World
from harness.explore.search import OutOfTime
from harness.pool.hands import Where, hands

CHUNK = 4  # chosen: plans sent at a time, 2 ms each; at the end of a size the others wait
CHUNK_AFAR = 16  # chosen: to a cluster, where each chunk costs more
AHEAD = 8  # chosen: chunks that wait for each process

Maker = Callable[[], World]
"""Makes a world; can be pickled, because each process makes its own."""
Chunk = list[Plan]


class Workers:
    """Runs plans on one core or many (the runner of `harness.explore.search`).

    Args:
        make: makes the world of a process.
        where: how many processes, or which cluster; one stays in this process.
        budget_s: real time for everything, from now on: an answer is not waited for longer.
    """

    def __init__(self, make: Maker, where: Where, budget_s: float = math.inf) -> None:
        """Start the processes; the world is made in each."""
        self._until_s = monotonic_ns() / NS + budget_s
        self._own = make() if where == Where(1) else None
        self._opened = ExitStack()
        self.number = 1
        if self._own is None:
            self._pool, self.number = self._opened.enter_context(hands(where))
            self._make = pickle.dumps(make)
        self._size = CHUNK_AFAR if where.cluster else CHUNK

    def __enter__(self) -> Workers:
        """Nothing more to do."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, also when plans are still with them."""
        self._opened.close()

    def __call__(self, plans: Iterable[Plan], *, leaf: bool) -> Iterator[tuple[Plan, Seen]]:
        """Run plans.

        Returns:
            each plan with what was seen, in the order of the plans.

        Raises:
            OutOfTime: the budget was over first.
            RuntimeFailure: a process ended.
            HarnessError: a world could not be run.
        """
        if self._own is not None:
            for plan in plans:
                yield plan, self._own.run(plan, leaf=leaf)
            return
        left = iter(plans)
        out: deque[tuple[Chunk, Future[list[Seen]]]] = deque()
        while True:
            while len(out) < AHEAD * self.number and (chunk := list(islice(left, self._size))):
                out.append((chunk, self._pool.submit(run_chunk, self._make, chunk, leaf)))
            if not out:
                return
            chunk, answer = out.popleft()
            yield from zip(chunk, self._taken_up(answer), strict=True)

    def _taken_up(self, answer: Future[list[Seen]]) -> list[Seen]:
        left_s = self._until_s - monotonic_ns() / NS
        try:
            return answer.result(None if left_s == math.inf else max(0.0, left_s))
        except TimeoutError as error:
            raise OutOfTime from error
        except (BrokenExecutor, CancelledError) as error:
            raise RuntimeFailure(f"a worker of the search has ended: {error!r}") from error


def run_chunk(make: bytes, chunk: Chunk, leaf: bool) -> list[Seen]:
    """In a worker: what was seen of plans.

    Raises:
        HarnessError: the world could not be run.
    """
    try:
        world = _world(make)
        return [world.run(plan, leaf=leaf) for plan in chunk]
    except Exception as error:
        why = f"a world could not be run: {type(error).__name__}: {error}"
        raise HarnessError(why) from None


@lru_cache(maxsize=1)
def _world(make: bytes) -> World:
    """The world of this process."""
    made: World = pickle.loads(make)()  # noqa: S301 - from the process that we work for
    return made


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

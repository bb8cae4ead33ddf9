"""Runs plans on every core, in worker processes.

    plans, in order ──> chunks, dealt out like cards ──> processes, a world each
                                                                │
    answers, in the order of the plans <── taken up like cards ─┘

Who runs a plan follows from its number alone, and answers are taken in order: what is found does
not depend on how many processes there are.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing.connection import Connection
from types import TracebackType

from harness.clock import NS, monotonic_ns
from harness.errors import HarnessError, RuntimeFailure
from harness.explore.plans import Plan, Seen, World
from harness.explore.search import OutOfTime

CHUNK = 4  # chosen: plans dealt out at a time, 2 ms each; at the end of a size the others wait
AHEAD = 8  # chosen: chunks that wait at a process; they must fit into a pipe's 64 KiB
SAFE_PATH = "PYTHONSAFEPATH"
JOIN_S = 2.0  # chosen: a process that was told to end is gone by then

Maker = Callable[[], World]
"""Makes a world; can be pickled, because each process makes its own."""


class Workers:
    """Runs plans on one core or many (the runner of `harness.explore.search`).

    Args:
        make: makes the world of a process.
        number: of processes; 1 stays in this one.
        budget_s: real time for everything, from now on: an answer is not waited for longer.
    """

    def __init__(self, make: Maker, number: int, budget_s: float = math.inf) -> None:
        """Start the processes; the world is made in each."""
        self.number = number
        self._until_s = monotonic_ns() / NS + budget_s
        self._own = make() if number == 1 else None
        # spawn: a forked child would share the parent's threads, files and signal handlers.
        context = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._processes = []
        for _ in range(number if number > 1 else 0):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, make), daemon=True)
            with safe_path():
                process.start()
            theirs.close()
            self._ends.append(ours)
            self._processes.append(process)

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
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(JOIN_S)
        for end in self._ends:
            end.close()

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
        out: deque[tuple[int, list[Plan]]] = deque()
        turn = 0
        while True:
            while len(out) < AHEAD * self.number and (chunk := list(islice(left, CHUNK))):
                self._deal(turn, chunk, leaf)
                out.append((turn, chunk))
                turn = (turn + 1) % self.number
            if not out:
                return
            at, chunk = out.popleft()
            yield from zip(chunk, self._take_up(at), strict=True)

    def _deal(self, at: int, chunk: list[Plan], leaf: bool) -> None:
        try:
            self._ends[at].send((chunk, leaf))
        except OSError as error:
            raise RuntimeFailure(f"worker {at} of the search has ended: {error}") from error

    def _take_up(self, at: int) -> list[Seen]:
        try:
            left_s = self._until_s - monotonic_ns() / NS
            if left_s != math.inf and not self._ends[at].poll(max(0.0, left_s)):
                raise OutOfTime
            answer: list[Seen] | str = self._ends[at].recv()
        except (EOFError, OSError) as error:
            raise RuntimeFailure(f"worker {at} of the search has ended: {error!r}") from error
        if isinstance(answer, str):
            raise HarnessError(f"a world could not be run: {answer}")
        return answer


@contextmanager
def safe_path() -> Iterator[None]:
    """Python processes started meanwhile do not search the working folder for modules."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        del os.environ[SAFE_PATH]
        if before is not None:
            os.environ[SAFE_PATH] = before


def serve(end: Connection, make: Maker) -> None:
    """What a worker does until it is ended: take a chunk of plans, answer with what was seen."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    with suppress(EOFError, OSError):  # the parent has gone: nobody wants an answer
        world: World | None = None
        while True:
            chunk, leaf = end.recv()
            try:
                world = world or make()
                answer: list[Seen] | str = [world.run(plan, leaf=leaf) for plan in chunk]
            except Exception as error:
                answer = f"{type(error).__name__}: {error}"
            end.send(answer)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

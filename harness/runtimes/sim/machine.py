"""What a service asks Python for instead of its surroundings: bytes of chance, dice, the time.

    uuid4, secrets, os.urandom ──> dice of the service's life, from the seed
    random.random, ...         ──> one seed a world
    time.time, time.monotonic  ──> virtual time

Only code of a service of the simulation is answered so; everybody else gets what is real.
`datetime.now` is written in C and asks nobody: it stays what it is.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

from harness.clock import NS
from harness.rng import Dice, Seed
from harness.runtimes.sim.loop import HOME, Adopting

EPOCH_S = 1_767_225_600  # chosen: the time of day of the first instant, 2026-01-01 UTC
CLOCKS = {"time": EPOCH_S, "monotonic": 0, "perf_counter": 0}
BYTES: tuple[tuple[ModuleType, str], ...] = ((os, "urandom"), (random, "_urandom"))


@contextmanager
def simulated_machine(seed: int) -> Iterator[None]:
    """While a world runs: services get what its seed says."""
    state, stream = random.getstate(), Seed(seed).stream
    random.seed(stream("machine/random").random())
    put = {one: getattr(*one) for one in BYTES}
    put |= {(time, name + ns): getattr(time, name + ns) for name in CLOCKS for ns in ("", "_ns")}
    dice: dict[Adopting, Dice] = {}
    for (module, name), real in put.items():
        ours = _bytes(real, dice, stream) if module is not time else _clock(name, real)
        setattr(module, name, ours)
    try:
        yield
    finally:
        for (module, name), real in put.items():
            setattr(module, name, real)
        random.setstate(state)


def _bytes(
    real: Callable[[int], bytes], dice: dict[Adopting, Dice], stream: Callable[[str], Dice]
) -> Callable[[int], bytes]:
    def urandom(size: int, /) -> bytes:
        home = HOME.get(None)
        if home is None:
            return real(size)
        if home not in dice:
            dice[home] = stream(f"machine/{home.life}")
        return dice[home].randbytes(size)

    return urandom


def _clock(name: str, real: Callable[[], float]) -> Callable[[], float]:
    whole = name.endswith("_ns")
    zero = CLOCKS[name.removesuffix("_ns")]

    def now() -> float:
        if HOME.get(None) is None:
            return real()
        passed = asyncio.get_running_loop().time()
        return zero * NS + round(passed * NS) if whole else zero + passed

    return now

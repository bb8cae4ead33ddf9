"""A run of the simulation: its runtime and its loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from harness.rng import Seed
from harness.runtimes.sim.loop import SimLoop
from harness.runtimes.sim.runtime import SimRuntime

T = TypeVar("T")


def make(run_id: str, run_dir: Path, seed: int, token: str) -> SimRuntime:
    """A runtime for one run; it needs no folder of its own."""
    return SimRuntime(seed, token)


def run(work: Coroutine[Any, Any, T], seed: int) -> T:
    """Run in virtual time, as `asyncio.run` does in real time.

    Args:
        seed: draws the order of what is ready at one moment.
    """
    dice = Seed(seed).stream("sim/order")
    with asyncio.Runner(loop_factory=lambda: SimLoop(dice)) as runner:
        return runner.run(work)

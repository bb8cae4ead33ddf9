"""How long the faults of containers take to inject and to undo, in one system that stands.

python -m bench.docker_faults [--times 30]

inject: from the undo record on disk to the harm done. undo: back, read back, a canary answered.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from chaos.faults.crash import Crash
from chaos.faults.disconnect import Disconnect
from chaos.faults.full_disk import FullDisk
from chaos.faults.memory_limit import MemoryLimit
from chaos.faults.pause import Pause
from chaos.faults.restart import Restart
from chaos.faults.stop import Stop
from chaos.targets.reference import TARGET
from harness.errors import RuntimeFailure
from harness.ports import Fault
from harness.registry import design_files
from harness.runtime_kind import RunContext
from harness.runtimes.docker.make import make
from harness.runtimes.docker.runtime import DockerRuntime
from harness.undo.faultlog import FaultLog
from harness.yaml_source import load_yaml, plain

FAULTS: tuple[Fault, ...] = (
    Stop(service="risk"),
    Restart(service="funding_c"),
    Disconnect(service="payment_a"),
    MemoryLimit(service="funding_a", mebibytes=6),
    Pause(service="funding_b"),
    Crash(service="funding_a"),
    Crash(service="database"),
    FullDisk(service="database"),
)
HOLD_S = 0.2  # chosen: the fault is there, nobody waits for anything
TTL_S = 60.0
TOKEN = "token-of-the-bench"  # noqa: S105 - protects nothing


def main() -> None:
    """Print median, 99th percentile and worst of each, ms."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=30)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-harness-faults-") as folder:
        try:
            runtime = make(RunContext(f"bench-{os.getpid()}", Path(folder), 1, TOKEN))
        except RuntimeFailure as why:
            print(f"skipped: {why}")
            return
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing is left
        asyncio.run(measure(runtime, Path(folder), given.times))


async def measure(runtime: DockerRuntime, folder: Path, times: int) -> None:
    """Every fault so many times, one after the other."""
    design: dict[str, Any] = plain(load_yaml(design_files()["hardened"]))
    await runtime.start(TARGET, design)
    try:
        print(f"{'ms':<26} {'inject p50':>10} {'p99':>7} {'worst':>7} {'undo p50':>10}", end="")
        print(f" {'p99':>7} {'worst':>7}")
        for fault in FAULTS:
            log = FaultLog(folder / "faults.jsonl")
            took = [await once(fault, runtime, log) for _ in range(times)]
            cells = "".join(row(list(column)) for column in zip(*took, strict=True))
            print(f"{fault.kind + ' ' + fault.where:<26} {cells}", flush=True)
    finally:
        left = await runtime.stop()
    print(f"{times} times each; left: {left or 0}; load of the machine {os.getloadavg()[0]:.1f}")


async def once(fault: Fault, runtime: DockerRuntime, log: FaultLog) -> tuple[float, float]:
    """Inject, hold, undo.

    Returns:
        how long injecting and undoing took, ms.
    """
    control = runtime.capability(fault.capability)
    started = time.monotonic()
    entry = await log.inject(fault, control, TTL_S)
    injected = time.monotonic()
    await asyncio.sleep(HOLD_S)
    undoing = time.monotonic()
    await log.heal(entry, control)
    return (injected - started) * 1e3, (time.monotonic() - undoing) * 1e3


def row(values: list[float]) -> str:
    """Median, 99th percentile and worst; of less than 100 values the last two are the same."""
    values.sort()
    middle, late = (values[math.ceil(share * len(values)) - 1] for share in (0.5, 0.99))
    return f"{middle:>10.0f} {late:>7.0f} {values[-1]:>7.0f} "


if __name__ == "__main__":
    main()

"""Runs in containers, killed at seeded instants: what is left behind, how soon it was healed.

python -m bench.docker_undo [--kills 30] [--seed 1] [--workers 2]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.kills import KINDS, Outcome, kill_one
from bench.undo import table
from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import RUN, connect

WANTED = ("SIGKILL harness", "SIGKILL harness and watchdog")
RUN_S = (0.3, 14.0)  # chosen: from the first second of the start to the last of the run


def main() -> None:
    """Print the table, every run that was not clean, and what carries our label."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    try:
        before = labelled()
    except RuntimeFailure as why:
        print(f"skipped: {why}")
        return
    root = Path(tempfile.mkdtemp(prefix="chaos-harness-kills-"))

    def one(number: int) -> Outcome:
        # Two of three leave the healing to the watchdog, the third to `harness faults clear`.
        kind = next(k for k in KINDS if k.name == WANTED[number % 3 == 2])
        seed, in_fault = given.seed + number, bool(number % 2)
        return kill_one(kind, seed, root, runtime="docker", in_fault=in_fault, run_s=RUN_S)

    with ThreadPoolExecutor(given.workers) as pool:
        outcomes = list(pool.map(one, range(given.kills)))
    print(table(outcomes))
    for outcome in outcomes:
        if outcome.left or not outcome.checked:
            print(outcome)
    ours = tuple(f"kill_{given.seed + number}-" for number in range(given.kills))
    left = sorted(name for name in labelled() - before if name.startswith(ours))
    print(f"containers, volumes and networks of these runs, left: {left or 0}")
    shutil.rmtree(root)


def labelled() -> set[str]:
    """Everything on this machine that carries the label of any run."""
    client = connect()
    try:
        label = {"label": RUN}
        found = [
            *client.containers.list(all=True, ignore_removed=True, filters=label),
            *client.volumes.list(filters=label),
            *client.networks.list(filters=label),
        ]
    finally:
        client.close()
    return {one.name for one in found}


if __name__ == "__main__":
    main()

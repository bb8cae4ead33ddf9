"""Runs killed at seeded random instants: what is left behind, and how long until it was healed.

python -m bench.undo [--kills 225] [--seed 1] [--workers 2]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.kills import KINDS, Kind, Outcome, kill_one


def main() -> None:
    """Print the table and every run that was not clean."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=len(KINDS) * 3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--keep", action="store_true", help="keep the run folders")
    given = options.parse_args()
    root = Path(tempfile.mkdtemp(prefix="chaos-harness-kills-"))
    kinds = [KINDS[number % len(KINDS)] for number in range(given.kills)]
    seeds = range(given.seed, given.seed + given.kills)

    def one(kind: Kind, seed: int) -> Outcome:
        in_fault = (seed - given.seed) // len(KINDS) % 3 > 0  # two rounds of three
        return kill_one(kind, seed, root, in_fault=in_fault)

    with ThreadPoolExecutor(given.workers) as pool:
        outcomes = list(pool.map(one, kinds, seeds))
    print(table(outcomes))
    for outcome in outcomes:
        if outcome.left or not outcome.checked:
            print(outcome)
    if given.keep:
        print(root)
    else:
        shutil.rmtree(root)


def table(outcomes: Iterable[Outcome]) -> str:
    """kind, kills, left behind, hit while a fault was active, seconds until healed."""
    everything = list(outcomes)
    head = (
        f"{'kind':<30}{'kills':>6}{'left':>6}{'hit':>5}{'median s':>10}{'worst s':>9}{'report':>8}"
    )
    kinds = dict.fromkeys(outcome.kind for outcome in everything)
    rows = [_row(kind, [one for one in everything if one.kind == kind]) for kind in kinds]
    return "\n".join([head, *rows, _row("all", everything)])


def _row(name: str, outcomes: list[Outcome]) -> str:
    healed = [one.healed_s for one in outcomes if one.healed_s is not None]
    times = f"{statistics.median(healed):>10.1f}{max(healed):>9.1f}" if healed else f"{'':>19}"
    left = sum(bool(one.left) for one in outcomes)
    hit = sum(one.faults_active > 0 for one in outcomes)
    checked = sum(one.checked for one in outcomes)
    return f"{name:<30}{len(outcomes):>6}{left:>6}{hit:>5}{times}{checked:>5}/{len(outcomes)}"


if __name__ == "__main__":
    main()

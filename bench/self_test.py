"""How well and how fast the harness sees: planted defects, 10,000 clean seeds on `hardened`.

python -m bench.self_test [--seeds 10000]

A clean seed is a world of its own: its journeys, up to two calls that go wrong and how are drawn
from it, and every invariant looks at what came of it. None may be broken.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from harness.explore.plans import CallPoint, Fault
from harness.explore.sim_world import SimWorld
from harness.explore.workers import cores
from harness.pool.hands import Where
from harness.prepare import load_design
from harness.registry import explored, load_vocabulary
from harness.rng import Dice, Seed
from harness.self_test.checks import GOOD, UNTOUCHED
from harness.self_test.defects import defects_of
from harness.self_test.pool import Plan, self_test

SEEDS, FAULTS_MAX, TOGETHER_MAX, CHUNK = 10_000, 2, 2, 50
SELF_TEST_AIM_S = 120


def main() -> int:
    """Print each figure beside its aim."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=SEEDS, help="clean worlds")
    seeds: int = options.parse_args().seeds
    began = time.perf_counter()
    broken = list(clean_worlds(seeds))
    took_s = time.perf_counter() - began
    for seed, plan, what in broken[:20]:
        print(f"seed {seed}: {plan}: {what}")
    print(f"clean seeds on {GOOD}   {seeds}, {len(broken)} alarms (aim 0), {took_s:.1f} s")
    before_s = cpu_s()
    words = load_vocabulary()
    folder = defects_of(words.target, words.source.ref)
    report = self_test(Plan(folder, 200, quick=False, where=Where(cores())), lambda _: None)
    caught = len(report.caught) - len(report.missed)
    print(f"planted defects         {caught} of {len(report.caught)} caught (aim all)")
    print(f"runs of {GOOD}        {len(report.clean)}, {len(report.alarms)} alarms (aim 0)")
    runs = sum(cell.verdict == UNTOUCHED for one in report.caught for cell in one.cells)
    print(f"cells without a run     {runs}: nothing that the defect replaces is called there")
    print(
        f"self-test               {report.seconds:.1f} s (aim {SELF_TEST_AIM_S} s on two quiet "
        f"cores), {cpu_s() - before_s:.0f} CPU seconds on {cores()} cores"
    )
    return 1 if broken or report.exit_code else 0


def cpu_s() -> float:
    """Used so far by processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def clean_worlds(seeds: int) -> Iterator[tuple[int, str, str]]:
    """Those of so many worlds in which an invariant broke: seed, plan, witness."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores(), mp_context=context) as pool:
        for found in pool.map(some_worlds, range(0, seeds, CHUNK)):
            yield from found


def some_worlds(first: int) -> list[tuple[int, str, str]]:
    """A chunk of them, in a process of its own."""
    words = load_vocabulary()
    design, known = load_design(GOOD, words), explored(words)
    found = []
    for seed in range(first, first + CHUNK):
        dice = Seed(seed).stream("bench/clean")
        journeys = tuple(dice.choice(known) for _ in range(dice.randint(1, TOGETHER_MAX)))
        world = SimWorld(design, journeys, seed)
        plan = drawn(world.run(()).calls, dice)
        broken = world.run(plan, leaf=True).broken
        name = " and ".join(map(str, plan))
        found += [(seed, name, f"{one.invariant}: {one.what}") for one in broken]
    return found


def drawn(calls: tuple[CallPoint, ...], dice: Dice) -> tuple[Fault, ...]:
    """Up to FAULTS_MAX calls that go wrong, in the order in which they are made."""
    chosen = sorted(dice.sample(range(len(calls)), dice.randint(0, FAULTS_MAX)))
    return tuple(Fault(calls[n].point, dice.choice(calls[n].modes)) for n in chosen)


if __name__ == "__main__":
    sys.exit(main())

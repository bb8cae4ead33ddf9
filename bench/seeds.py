"""How often the experiments that come along end inconclusive for no reason: many seeds on `sim`.

    python -m bench.seeds --runs 2000 --workers 2

Prints, for each exit code, how many runs of the good design ended in it, and each run that did
not pass with its reasons.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import count
from multiprocessing import get_context

from harness.clock import monotonic_ns
from harness.document import load_experiment
from harness.errors import HarnessError
from harness.explore.sim_run import trial
from harness.model import EXIT_CODES
from harness.prepare import load_design
from harness.registry import Vocabulary, experiment_files, load_vocabulary

WORKERS = 2
Job = tuple[str, str, int]
Ending = tuple[Job, int, tuple[str, ...]]


@cache
def vocabulary() -> Vocabulary:
    """Once a process."""
    return load_vocabulary()


def one(job: Job) -> Ending:
    """One run: its exit code and why."""
    name, design, seed = job
    words = vocabulary()
    try:
        experiment = load_experiment(experiment_files()[name], words)
        seen = trial(experiment, load_design(design, words), words, seed)
    except HarnessError as error:
        return job, error.exit_code, (str(error),)
    return job, EXIT_CODES[seen.verdict], seen.reasons


def endings(jobs: list[Job], workers: int) -> Iterator[Ending]:
    """Every run, several at a time, in the order of the jobs."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, jobs, chunksize=4)


def jobs_of(design: str, first: int, runs: int) -> list[Job]:
    """So many runs: every experiment with one seed after another."""
    names = list(experiment_files())
    found: list[Job] = []
    for seed in count(first):
        found += [(name, design, seed) for name in names]
        if len(found) >= runs:
            return found[:runs]
    raise AssertionError("count() does not end")


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=210)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--design", default="hardened")
    asked = parser.parse_args()
    started_ns, codes = monotonic_ns(), Counter[int]()
    for job, code, reasons in endings(
        jobs_of(asked.design, asked.first_seed, asked.runs), asked.workers
    ):
        codes[code] += 1
        if code:
            print(f"exit {code}  {job[0]} seed {job[2]}: {'; '.join(reasons)[:400]}", flush=True)
    lasted_s = (monotonic_ns() - started_ns) / 1e9
    shown = ", ".join(f"exit {code}: {n}" for code, n in sorted(codes.items()))
    total = codes.total()
    print(f"{total} runs of {len(experiment_files())} experiments in {lasted_s:.0f} s: {shown}")
    print(f"exit 3: {codes[3]} of {total}")


if __name__ == "__main__":
    main()

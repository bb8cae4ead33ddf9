"""How fast the simulation is on one core: journeys, fault scenarios, with and without checkers.

python -m bench.sim [--seconds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from harness.checker import check_all
from harness.document import load_experiment
from harness.explore.sim_run import trial
from harness.history import HistoryWriter
from harness.model import Phase
from harness.prepare import load_design
from harness.registry import experiment_files, load_vocabulary
from harness.runtimes.sim.loop import run
from harness.runtimes.sim.runtime import SimRuntime
from harness.runtimes.sim.scenario import Scenario, Stage, Trace, modes_for
from harness.target import objectives_of
from harness.workload import LoadPlan

DESIGNS = Path(__file__).parents[1] / "chaos" / "designs"
BOTH = ("hardened", "naive")
TARGET = "chaos.targets.reference"
JOURNEYS = ("consumer", "sme", "repayer", "angry_retrier")
WEIGHTS = {"consumer": 6, "sme": 2, "repayer": 2, "angry_retrier": 1}
# Published: Filibuster (SoCC 2021), tests in containers; Reynard (2025), about 12/s.
PUBLISHED = {"Filibuster, best of 2.8 to 9.5": 9.5, "Reynard": 12.0}
MONEY = (
    "no_double_payout", "active_means_paid", "debits_match_repayments", "funding_within_quota",
    "same_key_same_result", "terminal_states_immutable", "every_application_answered",
    "no_unexplained_failure", "acknowledged_in_time", "stand_in_within_caps",
    "repayment_never_blocked",
)  # fmt: skip


def main() -> None:
    """Print each figure beside its aim."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="for each figure")
    seconds: float = options.parse_args().seconds
    gc.collect()
    gc.freeze()
    print(f"{'CPU seconds of one core; chosen length of each figure':<58}{seconds:>8g} s")
    rate = many_journeys(seconds)
    print(f"{'journeys in one world, mixed, history on':<58}{rate:>8.0f}/s   aim 2,000")
    for design in BOTH:
        one_design(design, seconds)
    print(f"{'every document on both designs, run and judged':<58}{documents():>7.1f} s   aim 20")


def one_design(design: str, seconds: float) -> None:
    """The figures of scenarios on one design."""
    document = yaml.safe_load((DESIGNS / f"{design}.yaml").read_text(encoding="utf-8"))
    stage = Stage(document)
    plans = faults_of(stage)
    for journey in JOURNEYS:
        calm = timed(partial(_calm, stage, journey), seconds / 4)
        print(f"{f'{design}: fault-free {journey}, a world each':<58}{calm:>8.0f}/s")
    bare = timed(lambda n: stage.run(plans[n % len(plans)]), seconds)
    print(f"{f'{design}: one-fault scenarios of a consumer':<58}{bare:>8.0f}/s")
    words = load_vocabulary()
    checkers = [words.invariants[name] for name in MONEY]
    objectives = objectives_of(words.target)

    def judged(n: int) -> Any:
        return check_all(checkers, stage.run(plans[n % len(plans)]).history, objectives)

    full = timed(judged, seconds)
    print(f"{f'{design}: the same with {len(checkers)} checkers':<58}{full:>8.0f}/s   aim 1,000")
    for name, published in PUBLISHED.items():
        print(f"{f'  times {name} ({published:g}/s, as published)':<58}{full / published:>8.0f}")


def _calm(stage: Stage, journey: str, seed: int) -> Trace:
    return stage.run(Scenario((journey,), seed))


def documents() -> float:
    """CPU seconds of one run of each experiment on each design."""
    begun = time.process_time()
    words = load_vocabulary()
    experiments = [load_experiment(path, words) for path in experiment_files().values()]
    for design in (load_design(name, words) for name in BOTH):
        for experiment in experiments:
            trial(experiment, design, words, 1)
    return time.process_time() - begun


def faults_of(stage: Stage) -> list[Scenario]:
    """Every one-fault scenario of a consumer."""
    points: Mapping[Any, str] = stage.run(Scenario(("consumer",), 1)).points
    return [
        Scenario(("consumer",), 1, {point: mode})
        for point, operation in points.items()
        for mode in modes_for(operation)
    ]


def timed(work: Callable[[int], object], seconds: float) -> float:
    """How often a second of CPU time `work` can be done."""
    work(0)
    begun, number = time.process_time(), 0
    while time.process_time() - begun < seconds:
        work(number)
        number += 1
    return number / (time.process_time() - begun)


def many_journeys(seconds: float) -> float:
    """Journeys a second of CPU time, in one world under load, with the history written."""
    design = yaml.safe_load((DESIGNS / "hardened.yaml").read_text(encoding="utf-8"))
    words = load_vocabulary()

    async def world(virtual_s: float) -> int:
        runtime = SimRuntime(1, "bench")
        await runtime.start(words.target, design)
        writer = HistoryWriter(io.BytesIO(), {"seed": 1})
        writer.phase(0, Phase.BASELINE)
        plan = LoadPlan(TARGET, 1, 50.0, WEIGHTS, virtual_s)

        def sink(event: Mapping[str, Any]) -> None:
            writer.append(**event)

        report = await (await runtime.begin_load(plan, sink)).wait()
        await runtime.stop()
        return report.delivered

    run(world(1.0), 1)
    begun, done, virtual_s = time.process_time(), 0, 20.0
    while time.process_time() - begun < seconds:
        done += run(world(virtual_s), 1)
    return done / (time.process_time() - begun)


if __name__ == "__main__":
    main()
    asyncio.set_event_loop(None)

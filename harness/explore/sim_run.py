"""Runs an experiment in the simulation and judges it, without a run folder."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.experiment import Experiment
from harness.history import HistoryWriter
from harness.judge import judge
from harness.looks import Stop
from harness.model import RunVerdict, Validity
from harness.registry import Vocabulary
from harness.response.chosen import on_call
from harness.runner import Run, carry_out
from harness.runtime_kind import RunContext
from harness.runtime_registry import load_runtime
from harness.store import FAULTS
from harness.undo.faultlog import FaultLog
from harness.verdict import Findings, decide
from harness.workload import USUAL_MAKER

SIM = "sim"
MEMORY = Path("/dev/shm")  # noqa: S108 - nobody reads the log of a trial: it need not reach a disk
TOKEN = "trial"  # noqa: S105 - opens the control routes of stand-ins in this process alone


@dataclass(frozen=True)
class Trial:
    """What came of a run.

    Args:
        broken: invariant -> when it was seen broken, s of simulated time; also `threshold` and
            `steady_state`, which make a run fail too.
        lasted_s: simulated time of the whole run.
    """

    verdict: RunVerdict
    reasons: tuple[str, ...]
    broken: Mapping[str, float]
    lasted_s: float


def trial(
    experiment: Experiment, design: Mapping[str, object], words: Vocabulary, seed: int
) -> Trial:
    """Run and judge.

    Raises:
        HarnessError: our environment broke; `ConfigError`: the runbook of the design is wrong.
    """
    kind = load_runtime(SIM)
    in_memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with _no_collector(), TemporaryDirectory(prefix="harness-", dir=in_memory) as folder:
        runtime = kind.make(RunContext("trial", Path(folder), seed, TOKEN))
        run = Run(
            experiment=experiment,
            runtime=runtime,
            target=words.target,
            target_name=words.source.ref,
            journey_refs=words.journey_refs,
            design=design,
            seed=seed,
            writer=HistoryWriter(io.BytesIO(), {}),
            log=FaultLog(Path(folder) / FAULTS),
            say=lambda _: None,
            stop=Stop(),
            maker=USUAL_MAKER,
            runbook=on_call(experiment, design, words, by_hand_on=None),
        )
        history = kind.run(carry_out(run), seed=seed)
    found = judge(experiment, words.invariants, history)
    verdict, reasons = decide(found)
    t_end_s = history.events[-1].t_s
    return Trial(verdict, reasons, _broken(found, t_end_s), t_end_s)


@contextmanager
def _no_collector() -> Iterator[None]:
    """No look for cycles until the run is over: it is one large cycle, which ends at once."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _broken(found: Findings, t_end_s: float) -> dict[str, float]:
    broken = {
        one.checker: float((one.first_bad or {}).get("t_s", 0.0))
        for one in found.verdicts
        if one.validity is Validity.INVALID
    }
    probes = [probe for one in found.hypothesis if one.when == "after" for probe in one.probes]
    for name, measured in (("threshold", found.thresholds), ("steady_state", probes)):
        if any("why" not in one and not one["met"] for one in measured):
            broken[name] = t_end_s
    return broken

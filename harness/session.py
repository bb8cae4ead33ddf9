"""Puts a run together: documents, design, runtime by name, run folder, lease; then runs it and
writes down the result."""

from __future__ import annotations

import asyncio
import importlib
import platform
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.clock import monotonic_ns
from harness.document import find_experiment, load_experiment, load_yaml, nearest
from harness.errors import ConfigError, HarnessError, HealFailed, LeftOvers, Problem
from harness.experiment import Experiment
from harness.faultlog import FaultLog
from harness.history import HistoryWriter
from harness.judge import explained, judge
from harness.leases import Lease, active_runs
from harness.model import EXIT_CODES, RunResult, RunVerdict
from harness.nemesis import Stop, controls_of
from harness.parts import cache_dir
from harness.registry import REFERENCE_TARGET, Vocabulary, design_files, load_vocabulary
from harness.report.files import write_reports
from harness.rng import Seed, fresh_token
from harness.runner import Run, Say, carry_out
from harness.store import EXPERIMENT, FAULTS, HISTORY, RUN, RunFolder, new_folder
from harness.verdict import Findings, decide

BEAT_S = 0.5  # chosen: a stopped owner shows after six missed beats
EXIT_SIGTERM = 143
RUNTIMES = ("process",)


@dataclass(frozen=True)
class Order:
    """What a person asked for.

    Args:
        experiment, design: id, name or path.
        runs: folder under which run folders are made.
    """

    experiment: str
    design: str
    runtime: str
    seed: Seed
    runs: Path


@dataclass(frozen=True)
class Prepared:
    """A validated order; nothing has been started or written."""

    order: Order
    path: Path
    experiment: Experiment
    design: Mapping[str, Any]
    words: Vocabulary

    @property
    def repeat(self) -> str:
        """The command that repeats the run."""
        order = self.order
        parts = [
            "harness",
            "run",
            order.experiment,
            "--design",
            order.design,
            "--runtime",
            order.runtime,
            "--seed",
            str(order.seed.value),
        ]
        return shlex.join(parts)


def prepare(order: Order) -> Prepared:
    """Read and validate everything.

    Raises:
        ConfigError: lists every problem.
        LeftOvers: an earlier run is still there.
    """
    words = load_vocabulary()
    path = find_experiment(order.experiment)
    experiment = load_experiment(path, words)
    if order.runtime not in RUNTIMES:
        raise ConfigError(
            Problem(
                f"no runtime {order.runtime!r}" + nearest(order.runtime, RUNTIMES),
                "--runtime",
                ", ".join(RUNTIMES),
            )
        )
    design = load_design(order.design, words)
    refuse_left_overs()
    return Prepared(order, path, experiment, design, words)


def load_design(given: str, words: Vocabulary) -> dict[str, Any]:
    """A design given as a name or a path.

    Raises:
        ConfigError: there is none, or the target does not take it.
    """
    known = design_files()
    path = Path(given)
    if given in known:
        path = known[given]
    elif path.suffix not in (".yaml", ".yml"):
        raise ConfigError(
            Problem(
                f"no design {given!r}" + nearest(given, known),
                "--design",
                ", ".join(known) + ", or a path to a YAML file",
                "harness list",
            )
        )
    design = dict(load_yaml(path))
    problems = words.target.design_problems(design)
    if problems:
        raise ConfigError([Problem(problem, str(path)) for problem in problems])
    return design


def active_dir() -> Path:
    """Where runs that have not ended are listed."""
    return cache_dir() / "active"


def refuse_left_overs() -> None:
    """Nothing new is started beside something that a dead run left behind.

    Raises:
        LeftOvers: names the runs and the command that clears them.
    """
    lost = [run for run in active_runs(active_dir()) if run.owner != "alive"]
    if lost:
        names = ", ".join(f"{run.run_id} (owner {run.pid} is {run.owner})" for run in lost)
        raise LeftOvers(
            f"an earlier run was not cleaned up: {names}; its faults and processes may still be "
            "there; run: harness faults clear"
        )


def run(prepared: Prepared, say: Say) -> RunResult:
    """Carry it out, in every ending.

    Returns:
        the result; also for errors, which become a verdict with a reason.
    """
    order, experiment = prepared.order, prepared.experiment
    folder = new_folder(order.runs, experiment.name)
    lease = Lease(active_dir(), folder.run_id, folder.path)
    started_ns = monotonic_ns()
    findings, ending, clean = Findings((), (), (), (), len(experiment.steps), {}), "", False
    error: HarnessError | None = None
    try:
        findings, ending = asyncio.run(_run(prepared, folder, lease, say))
        clean = not findings.unhealed
    except HarnessError as caught:
        error, clean = caught, not active_left(folder)
    except asyncio.CancelledError:
        ending, clean = "interrupted twice by SIGINT", not active_left(folder)
    finally:
        lease.release(clean=clean)
    duration_s = (monotonic_ns() - started_ns) / 1e9
    verdict, reasons = _ending(findings, ending, error)
    result = _result(prepared, folder, findings, verdict, reasons, duration_s)
    if "SIGTERM" in ending and verdict is RunVerdict.INTERRUPTED:
        result = replace(result, exit_code=EXIT_SIGTERM)
    write_reports(result, folder)
    return result


def _ending(
    findings: Findings, ending: str, error: HarnessError | None
) -> tuple[RunVerdict, tuple[str, ...]]:
    if error is not None:
        unsafe = isinstance(error, HealFailed)
        return RunVerdict.UNSAFE if unsafe else RunVerdict.ERROR, (str(error),)
    verdict, reasons = decide(findings)
    if ending.startswith("interrupted") and verdict is not RunVerdict.UNSAFE:
        return RunVerdict.INTERRUPTED, (ending,)
    return verdict, reasons


def active_left(folder: RunFolder) -> list[str]:
    """Faults of a run that are not proven undone."""
    return [f"{e.kind} at {e.where}" for e in FaultLog(folder.path / FAULTS).active()]


async def _run(
    prepared: Prepared, folder: RunFolder, lease: Lease, say: Say
) -> tuple[Findings, str]:
    experiment, order = prepared.experiment, prepared.order
    stop = Stop()
    main = asyncio.current_task()
    assert main is not None
    _catch_signals(stop, main, say)
    beats = asyncio.create_task(_beat(lease))
    runtime = make_runtime(order.runtime, folder, order.seed)
    controls_of(experiment.steps, runtime)
    folder.write_json(RUN, header(prepared, folder))
    folder.write(EXPERIMENT, prepared.path.read_text(encoding="utf-8"))
    with (folder.path / HISTORY).open("wb") as stream:
        task = Run(
            experiment=experiment,
            runtime=runtime,
            target=prepared.words.target,
            target_name=REFERENCE_TARGET,
            design=prepared.design,
            seed=order.seed.value,
            writer=HistoryWriter(stream, header(prepared, folder)),
            log=FaultLog(folder.path / FAULTS),
            say=say,
            stop=stop,
        )
        try:
            history = await carry_out(task)
            findings = judge(experiment, prepared.words.invariants, history)
            return explained(findings, prepared.words.target, prepared.design), stop.reason
        finally:
            beats.cancel()


def make_runtime(name: str, folder: RunFolder, seed: Seed) -> Any:
    """The runtime with this name; it lives in harness.runtimes.<name>."""
    module = importlib.import_module(f"harness.runtimes.{name}")
    return module.make(
        run_id=folder.run_id, run_dir=folder.path, seed=seed.value, token=fresh_token()
    )


def _catch_signals(stop: Stop, main: asyncio.Task[Any], say: Say) -> None:
    loop = asyncio.get_running_loop()

    def on(number: signal.Signals) -> None:
        if stop.asked:
            main.cancel()
        else:
            say(f"{number.name}: ending the load, undoing every fault; once more: no report")
        stop.ask(f"interrupted by {number.name}")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with suppress(ValueError):  # not the main thread: a test suite handles its own signals
            loop.add_signal_handler(number, on, number)


async def _beat(lease: Lease) -> None:
    while True:
        lease.beat()
        await asyncio.sleep(BEAT_S)


def header(prepared: Prepared, folder: RunFolder) -> dict[str, Any]:
    """What is needed to repeat and to understand a run."""
    order, experiment = prepared.order, prepared.experiment
    return {
        "run_id": folder.run_id,
        "experiment": experiment.id,
        "title": experiment.title,
        "design": order.design,
        "runtime": order.runtime,
        "seed": order.seed.value,
        "command": prepared.repeat,
        "commit": _commit(),
        "versions": {
            "python": platform.python_version(),
            "chaos-harness": version("chaos-harness"),
        },
        "plan": experiment.document,
        "design_values": prepared.design,
    }


def _commit() -> str:
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _result(
    prepared: Prepared,
    folder: RunFolder,
    findings: Findings,
    verdict: RunVerdict,
    reasons: tuple[str, ...],
    duration_s: float,
) -> RunResult:
    return RunResult(
        experiment=prepared.experiment.id,
        title=prepared.experiment.title,
        design=prepared.order.design,
        runtime=prepared.order.runtime,
        seed=prepared.order.seed.value,
        verdict=verdict,
        exit_code=EXIT_CODES[verdict],
        reasons=reasons,
        run_dir=str(folder.path),
        hypothesis=findings.hypothesis,
        verdicts=findings.verdicts,
        thresholds=findings.thresholds,
        faults=findings.faults,
        load=findings.load,
        repeat=prepared.repeat,
        duration_s=round(duration_s, 1),
    )

"""Carries out a prepared order: run folder, guard, runtime by name; then writes the result."""

from __future__ import annotations

import asyncio
import platform
import signal
import subprocess
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.clock import NS, monotonic_ns
from harness.errors import HarnessError, HealFailed
from harness.history import HistoryWriter
from harness.judge import explained, judge
from harness.model import EXIT_CODES, RunResult, RunVerdict
from harness.nemesis import Stop
from harness.prepare import Prepared
from harness.report.files import write_reports
from harness.report.grafana import marked
from harness.rng import fresh_token
from harness.runner import Run, Say, carry_out
from harness.runtime_kind import RunContext, RuntimeKind
from harness.runtime_registry import load_runtime
from harness.store import EXPERIMENT, FAULTS, HISTORY, RUN, RunFolder, new_folder
from harness.undo.faultlog import FaultLog
from harness.undo.supervision import Guard, guard_for
from harness.verdict import Findings, decide

EXIT_SIGTERM = 143
SPARE_S = 120.0  # chosen: start, settling and undo of a run take less; past it, it hangs


@dataclass
class Ending:
    """How a run ended."""

    findings: Findings
    interrupted: str = ""
    error: HarnessError | None = None
    clean: bool = False


def run(prepared: Prepared, say: Say) -> RunResult:
    """Carry it out, in every ending.

    Returns:
        the result; also for errors, which become a verdict with a reason.
    """
    experiment, order = prepared.experiment, prepared.order
    folder = new_folder(order.runs, experiment.name)
    kind = load_runtime(order.runtime)
    lasts_s = experiment.load_s + experiment.objectives.answer_s + SPARE_S
    guard = guard_for(kind, folder, lasts_s, say)
    ending = Ending(Findings((), (), (), (), len(experiment.steps), {}))
    started_ns = monotonic_ns()
    try:
        work = _guarded(prepared, kind, folder, guard, ending, say)
        kind.run(work, seed=order.seed.value)
    except HarnessError as error:
        ending.error = error
    except asyncio.CancelledError:
        ending.interrupted = "interrupted twice"
    finally:
        guard.let_go(clean=ending.clean)
    result = _result(prepared, folder, ending, (monotonic_ns() - started_ns) / NS)
    write_reports(result, folder)
    return result


async def _guarded(
    prepared: Prepared,
    kind: RuntimeKind,
    folder: RunFolder,
    guard: Guard,
    ending: Ending,
    say: Say,
) -> None:
    """Run while the guard looks after it."""
    stop = Stop()
    _catch_signals(stop, say)
    folder.write_json(RUN, header(prepared, folder))
    folder.write(EXPERIMENT, prepared.path.read_text(encoding="utf-8"))
    await guard.begin()
    try:
        await _run(prepared, kind, folder, ending, stop, say)
    finally:
        guard.rest()
        if stop.reason.startswith("interrupted"):
            ending.interrupted = stop.reason


async def _run(
    prepared: Prepared, kind: RuntimeKind, folder: RunFolder, ending: Ending, stop: Stop, say: Say
) -> None:
    experiment, order = prepared.experiment, prepared.order
    context = RunContext(folder.run_id, folder.path, order.seed.value, fresh_token())
    runtime = kind.make(context)
    with (folder.path / HISTORY).open("wb") as stream:
        task = Run(
            experiment=experiment,
            runtime=runtime,
            target=prepared.words.target,
            target_name=prepared.words.source.ref,
            journey_refs=prepared.words.journey_refs,
            design=prepared.design,
            seed=order.seed.value,
            writer=HistoryWriter(stream, header(prepared, folder)),
            log=FaultLog(folder.path / FAULTS),
            say=say,
            stop=stop,
        )
        try:
            async with _shown(task, kind, folder, say):
                history = await carry_out(task)
        finally:
            ending.clean = task.left == []
    findings = judge(experiment, prepared.words.invariants, history)
    ending.findings = explained(findings, prepared.words.target, prepared.design)


def _shown(
    task: Run, kind: RuntimeKind, folder: RunFolder, say: Say
) -> AbstractAsyncContextManager[None]:
    """Where Grafana shows the faults; virtual time has no place on its axis."""
    if kind.deterministic:
        return nullcontext()
    return marked(folder.path / FAULTS, f"{task.experiment.id} {folder.run_id}", say)


def _catch_signals(stop: Stop, say: Say) -> None:
    loop, main = asyncio.get_running_loop(), asyncio.current_task()
    assert main is not None

    def on(number: signal.Signals) -> None:
        if stop.asked:
            main.cancel()
        else:
            say(f"{number.name}: ending the load, undoing every fault; once more: no report")
        stop.ask(f"interrupted by {number.name}")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with suppress(ValueError):  # not the main thread: a test suite handles its own signals
            loop.add_signal_handler(number, on, number)


def header(prepared: Prepared, folder: RunFolder) -> dict[str, Any]:
    """What is needed to repeat and to understand a run."""
    order, experiment, source = prepared.order, prepared.experiment, prepared.words.source
    return {
        "run_id": folder.run_id,
        "experiment": experiment.id,
        "title": experiment.title,
        "target": {
            "name": prepared.words.target.name,
            "source": source.ref,
            "sha256": source.sha256,
        },
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


def _judged(ending: Ending) -> tuple[RunVerdict, tuple[str, ...]]:
    verdict, reasons = _verdict(ending)
    if verdict is RunVerdict.UNSAFE:
        reasons = (*reasons, "what may still be active is cleared by: harness faults clear")
    return verdict, reasons


def _verdict(ending: Ending) -> tuple[RunVerdict, tuple[str, ...]]:
    if ending.error is not None:
        unsafe = isinstance(ending.error, HealFailed)
        return RunVerdict.UNSAFE if unsafe else RunVerdict.ERROR, (str(ending.error),)
    verdict, reasons = decide(ending.findings)
    if ending.interrupted and verdict is not RunVerdict.UNSAFE:
        return RunVerdict.INTERRUPTED, (f"{ending.interrupted}; every fault was undone",)
    return verdict, reasons


def _result(prepared: Prepared, folder: RunFolder, ending: Ending, duration_s: float) -> RunResult:
    verdict, reasons = _judged(ending)
    terminated = verdict is RunVerdict.INTERRUPTED and "SIGTERM" in ending.interrupted
    findings = ending.findings
    return RunResult(
        experiment=prepared.experiment.id,
        title=prepared.experiment.title,
        design=prepared.order.design,
        runtime=prepared.order.runtime,
        seed=prepared.order.seed.value,
        verdict=verdict,
        exit_code=EXIT_SIGTERM if terminated else EXIT_CODES[verdict],
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

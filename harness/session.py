"""Carries out a prepared order: run folder, guard, runtime by name; then writes the result."""

from __future__ import annotations

import asyncio
import io
import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    contextmanager,
    suppress,
)
from importlib.metadata import version
from pathlib import Path

from harness.clock import NS, monotonic_ns
from harness.document import as_run
from harness.ending import Ending, catch_signals, no_signals, notice_stalls, still_active
from harness.errors import RuntimeFailure, described
from harness.experiment import Experiment
from harness.history import History, HistoryWriter
from harness.judge import explained, judge, measured
from harness.looks import Stop
from harness.model import RunResult
from harness.prepare import Prepared
from harness.report.files import write_reports
from harness.report.grafana import marked
from harness.report.recorded import Recorded
from harness.response.terminal import at_terminal
from harness.rng import fresh_token
from harness.run_record import FORMAT, result_of
from harness.runner import Run, Say, carry_out
from harness.runtime_kind import RunContext, RuntimeKind
from harness.runtime_registry import load_runtime
from harness.store import EXPERIMENT, FAULTS, HISTORY, RUN, RunFolder, new_folder
from harness.text import utf8
from harness.undo.faultlog import FaultLog
from harness.undo.left_overs import refuse_left_overs
from harness.undo.supervision import Guard, guard_for
from harness.verdict import Findings
from harness.workload import expected_arrivals

Watch = Callable[[Run, RunFolder], AbstractAsyncContextManager[None]]

SPARE_S = 120.0  # chosen: start, settling and undo of a run take less; past it, it hangs
READING_S = 0.1  # chosen: last reads of what a journey was promised, five times as long as measured


def run(prepared: Prepared, say: Say, watch: Watch | None = None) -> RunResult:
    """Carry it out, in every ending.

    Args:
        watch: is there while a run in real time goes on.

    Returns:
        the result; also for errors, which become a verdict with a reason.

    Raises:
        LeftOvers: an earlier run is still there; nothing was started.
    """
    experiment, order = prepared.experiment, prepared.order
    kind = load_runtime(order.runtime)
    if kind.recovery is not None:
        refuse_left_overs(say)
    folder = new_folder(order.runs, experiment.name)
    guard = guard_for(kind, folder, _longest_s(experiment), say)
    ending = Ending(Findings((), (), (), (), len(experiment.steps), {}))
    started_ns = monotonic_ns()
    try:
        work = _guarded(prepared, kind, folder, guard, ending, say, watch)
        kind.run(work, seed=order.seed.value)
    except (asyncio.CancelledError, KeyboardInterrupt):
        ending.interrupted = ending.interrupted or "interrupted by SIGINT"
    except (Exception, SystemExit) as error:  # code that was loaded may call sys.exit
        ending.accident(error, folder.path)
    finally:
        guard.release(clean=ending.clean)
    with no_signals():
        if kind.recovery is not None:  # elsewhere, nothing outlives this process
            ending.active = still_active(FaultLog(folder.path / FAULTS))
        return _written(prepared, folder, ending, (monotonic_ns() - started_ns) / NS)


def _longest_s(experiment: Experiment) -> float:
    """How long a run may take: past it, it hangs and is ended."""
    journeys = expected_arrivals(experiment.profile, 0.0, experiment.load_s)
    return experiment.load_s + experiment.objectives.answer_s + SPARE_S + READING_S * journeys


def _written(prepared: Prepared, folder: RunFolder, ending: Ending, lasted_s: float) -> RunResult:
    """The result, in its folder; one that cannot be written down is an error."""
    result = _result(prepared, folder, ending, lasted_s)
    try:
        history = ending.history or History([])
        write_reports(result, folder, Recorded(prepared.experiment, prepared.words.target, history))
    except OSError as why:
        cause = f"the result cannot be written down: {described(why)}"
        ending.error = ending.error or RuntimeFailure(cause)
        result = _result(prepared, folder, ending, lasted_s)
    return result


async def _guarded(
    prepared: Prepared,
    kind: RuntimeKind,
    folder: RunFolder,
    guard: Guard,
    ending: Ending,
    say: Say,
    watch: Watch | None,
) -> None:
    """Run under the supervision of the guard."""
    stop = Stop()
    catch_signals(stop, ending, say)
    folder.write_json(RUN, header(prepared, folder))
    folder.write(EXPERIMENT, as_run(prepared.path, prepared.experiment))
    FaultLog(folder.path / FAULTS).begin()
    await guard.begin()
    try:
        await _run(prepared, kind, folder, guard, ending, stop, say, watch)
    finally:
        guard.rest()


async def _run(
    prepared: Prepared,
    kind: RuntimeKind,
    folder: RunFolder,
    guard: Guard,
    ending: Ending,
    stop: Stop,
    say: Say,
    watch: Watch | None,
) -> None:
    experiment, order = prepared.experiment, prepared.order
    context = RunContext(folder.run_id, folder.path, order.seed.value, fresh_token())
    runtime = kind.make(context)
    guard.supervise(runtime)
    with _kept(folder.path / HISTORY) as stream:
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
            runbook=prepared.runbook,
            by_hand=at_terminal(say) if order.manual else None,
            maker=order.maker,
        )
        stalls = None if kind.deterministic else asyncio.create_task(notice_stalls(ending))
        try:
            async with AsyncExitStack() as stack:
                if not kind.deterministic:  # virtual time has no place on anybody's axis
                    about = f"{experiment.id} {folder.run_id}"
                    await stack.enter_async_context(marked(folder.path / FAULTS, about, say))
                    if watch is not None:
                        await stack.enter_async_context(watch(task, folder))
                await carry_out(task)
        finally:
            ending.history = history = task.history()
            ending.clean = task.left == []
            if stalls is not None:
                stalls.cancel()
    if task.writer.failure is not None:
        raise RuntimeFailure(f"the history cannot be written: {described(task.writer.failure)}")
    target = prepared.words.target
    findings = judge(experiment, prepared.words.invariants, history)
    findings = explained(findings, target, prepared.design)
    ending.findings = measured(findings, experiment, history, target)


@contextmanager
def _kept(path: Path) -> Iterator[io.BufferedWriter]:
    """A file for a writer that remembers its own failures."""
    stream = path.open("wb")
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()


def header(prepared: Prepared, folder: RunFolder) -> dict[str, object]:
    """What is needed to repeat and to understand a run."""
    order, experiment, source = prepared.order, prepared.experiment, prepared.words.source
    return {
        "format": FORMAT,
        "run_id": folder.run_id,
        "experiment": experiment.id,
        "title": experiment.title,
        "target": {
            "name": prepared.words.target.name,
            "source": source.ref,
            "sha256": source.sha256,
        },
        "design": utf8(order.design),
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


def _result(prepared: Prepared, folder: RunFolder, ending: Ending, duration_s: float) -> RunResult:
    verdict, reasons = ending.verdict()
    code, lasted_s = ending.exit_code(verdict), round(duration_s, 1)
    record = header(prepared, folder)
    return result_of(record, folder.path, ending.findings, verdict, reasons, code, lasted_s)

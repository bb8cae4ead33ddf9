"""`harness run`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.cli.console import note, out, out_json, stdout, warn
from harness.cli.export import NOTHING, Export, Made, show_in_ci
from harness.cli.live import View, refuse_live
from harness.cli.load_options import invitation
from harness.determinism import require_same
from harness.errors import ConfigError, HarnessError, Problem
from harness.history_reader import read_history
from harness.model import RunResult
from harness.overrides import AS_WRITTEN, Overrides
from harness.ownership import named
from harness.prepare import Prepared, RunRequest, prepare
from harness.replay import once_more, refuse_inexact
from harness.report.ci import metrics
from harness.report.junit import junit
from harness.report.markdown import summary
from harness.report.plan import plan_lines
from harness.report.terminal import show
from harness.rng import SEED_MAX, Seed, fresh_seed
from harness.runtime_registry import load_runtime
from harness.session import run
from harness.store import HISTORY, REPORT, result_document
from harness.suite.findings import LAST
from harness.suite.outcome import brief, name_of
from harness.suite.spread import spread, spread_lines
from harness.undo.left_overs import left_overs, named_runs
from harness.undo.recovery import silent
from harness.workload import USUAL_MAKER, LoadMaker


def ask(
    experiment: str,
    design: str,
    runtime: str | None,
    seed: int | None,
    runs: Path,
    target: str = "",
    overrides: Overrides = AS_WRITTEN,
    topology: str = "",
    *,
    manual: bool = False,
    maker: LoadMaker = USUAL_MAKER,
) -> RunRequest:
    """What a person asked for, with a seed.

    Args:
        runtime: None for the best that can run the experiment on this machine.
        target: a file or a module; "" for the one that the experiment names.
        topology: of the target; "" for whichever serves.
        manual: whoever sits at the terminal is on call.
        maker: of the load.
    """
    name = "" if runtime is None else load_runtime(runtime).name
    return RunRequest(
        experiment, design, name, choose(seed), runs, target, overrides, topology, manual, maker
    )  # fmt: skip


def run_command(
    order: RunRequest,
    output: str,
    *,
    twice: bool = False,
    live: bool = False,
    export: Export = NOTHING,
) -> int:
    """Run and print.

    Args:
        twice: run it a second time and compare the histories.
        live: serve the page of the report on loopback meanwhile.
        export: where copies of its files go.

    Returns:
        the exit code of the verdict.
    """
    prepared = prepare(order)
    warn(prepared.experiment)
    runtime = prepared.order.runtime
    if problems := list(export.problems()):
        raise ConfigError(problems)
    if twice:
        refuse_inexact(runtime, prepared.repeat)
    if live:
        refuse_live(runtime)
    result = one_run(prepared, live=live)
    if twice:
        first = read_history(Path(result.run_dir) / HISTORY)
        digest = require_same(first, once_more(prepared, silent), order.seed.value)
        note(f"run twice, the same both times: sha256 {digest}")
    if output == "json":
        out_json(result_document(result))
    else:
        show(result, stdout())
    _export(prepared, result, export)
    if result.exit_code and output == "json":
        note(f"harness: seed {result.seed}; repeat: {result.repeat}")
    return result.exit_code


def _export(prepared: Prepared, result: RunResult, export: Export) -> None:
    """Copies of its files, and what a pipeline shows of it."""
    folder, name = Path(result.run_dir), name_of(prepared)
    run = {"name": name, "file": str(prepared.path), **brief(result_document(result))}
    export.write(
        Made(
            junit([(name, result_document(result))]),
            lambda _: (folder / REPORT).read_text("utf-8"),
            metrics([run]),
        )
    )
    show_in_ci(summary(result), [run])


def repeat_command(order: RunRequest, output: str, count: int) -> int:
    """Run it several times and say how the verdicts spread; an unsafe or interrupted run is the
    last one.

    Args:
        count: how many runs.

    Returns:
        the exit code of the worst.
    """
    prepared = prepare(order)
    warn(prepared.experiment)
    results = []
    for number, one in enumerate(repetitions(prepared, count), 1):
        note(f"run {number} of {count}")
        results.append(one_run(one))
        if results[-1].exit_code in LAST:
            break
    again = f"{prepared.repeat} --repeat {count}"
    summary = spread([result_document(one) for one in results], count, again)
    if output == "json":
        out_json(summary)
    else:
        for line in spread_lines(summary):
            out(line)
    return int(summary["exit_code"])


def repetitions(prepared: Prepared, count: int) -> Iterator[Prepared]:
    """The same seed each time, so that what differs is no choice of the harness; where that would
    be the very same history, the seeds that follow."""
    order = prepared.order
    step = 1 if load_runtime(order.runtime).deterministic else 0
    for number in range(count):
        seed = Seed((order.seed.value + step * number) % (SEED_MAX + 1))
        yield replace(prepared, order=replace(order, seed=seed))


def one_run(prepared: Prepared, *, live: bool = False) -> RunResult:
    """One run that shows itself."""
    view = View(serving=live)
    order = prepared.order
    for line in filter(None, (prepared.chosen, *named(), *invitation(order.maker))):
        view.say(line)
    title = f"{prepared.experiment.id} {prepared.experiment.title}"
    view.say(f"{title}, design {order.design}, seed {order.seed.value}")
    result = run(prepared, view.say, view.watch)
    view.close()
    return result


def dry_command(order: RunRequest, *, twice: bool = False) -> int:
    """Print the whole plan.

    Returns:
        0; problems are raised.
    """
    prepared = prepare(order)
    warn(prepared.experiment)
    runtime = prepared.order.runtime
    if prepared.chosen:
        note(prepared.chosen)
    if twice:
        refuse_inexact(runtime, prepared.repeat)
    _note_left_overs(runtime)
    for line in plan_lines(prepared.experiment, prepared.words.target, runtime):
        out(line)
    return 0


def _note_left_overs(runtime: str) -> None:
    """Say what a run would be refused for now; a plan can be read all the same."""
    try:
        found = left_overs() if load_runtime(runtime).recovery is not None else []
    except HarnessError as why:
        note(f"harness: {why}")
        return
    if found:
        note(f"harness: {named_runs(found)}")


def choose(seed: int | None) -> Seed:
    """The seed that was given, or a fresh one.

    Raises:
        ConfigError: out of range.
    """
    if seed is None:
        return fresh_seed()
    if not 0 <= seed <= SEED_MAX:
        raise ConfigError(Problem(f"seed {seed}", "--seed", f"0..{SEED_MAX}"))
    return Seed(seed)

"""`harness run`."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import note, out, out_json, stdout, warn
from harness.cli.live import View, refuse_live
from harness.determinism import require_same
from harness.errors import ConfigError, HarnessError, Problem
from harness.history_reader import read_history
from harness.overrides import AS_WRITTEN, Overrides
from harness.ownership import named
from harness.prepare import RunRequest, prepare
from harness.replay import once_more, refuse_inexact
from harness.report.plan import plan_lines
from harness.report.terminal import show
from harness.rng import SEED_MAX, Seed, fresh_seed
from harness.runtime_registry import best_runtime, load_runtime
from harness.session import run
from harness.store import HISTORY, result_document
from harness.undo.left_overs import left_overs, named_runs


def ask(
    experiment: str,
    design: str,
    runtime: str | None,
    seed: int | None,
    runs: Path,
    target: str = "",
    overrides: Overrides = AS_WRITTEN,
) -> tuple[RunRequest, str]:
    """What a person asked for, with the choices that were left open made.

    Args:
        runtime: None picks the best that the machine has.
        target: a file or a module; "" for the one that the experiment names.

    Returns:
        the request, and a line on the choice of the runtime or "".
    """
    name, why = pick(runtime)
    return RunRequest(experiment, design, name, choose(seed), runs, target, overrides), why


def run_command(
    order: RunRequest, why: str, output: str, *, twice: bool = False, live: bool = False
) -> int:
    """Run and print.

    Args:
        why: a line to say about the choice of the runtime; "" for none.
        twice: run it a second time and compare the histories.
        live: serve the page of the report on loopback meanwhile.

    Returns:
        the exit code of the verdict.
    """
    view = View(serving=live)
    say = view.say
    prepared = prepare(order)
    warn(prepared.experiment)
    if why:
        say(why)
    for one in named():
        say(one)
    if twice:
        refuse_inexact(order.runtime, prepared.repeat)
    title = f"{prepared.experiment.id} {prepared.experiment.title}"
    say(f"{title}, design {order.design}, seed {order.seed.value}")
    if live:
        refuse_live(order.runtime)
    result = run(prepared, say, view.watch)
    view.close()
    if twice:
        first = read_history(Path(result.run_dir) / HISTORY)
        digest = require_same(first, once_more(prepared, silent), order.seed.value)
        say(f"run twice, the same both times: sha256 {digest}")
    if output == "json":
        out_json(result_document(result))
    else:
        show(result, stdout())
    if result.exit_code and output == "json":
        note(f"harness: seed {result.seed}; repeat: {result.repeat}")
    return result.exit_code


def dry_command(order: RunRequest, why: str, *, twice: bool = False) -> int:
    """Print the whole plan.

    Args:
        why: a line to say about the choice of the runtime; "" for none.

    Returns:
        0; problems are raised.
    """
    prepared = prepare(order)
    warn(prepared.experiment)
    if why:
        note(why)
    if twice:
        refuse_inexact(order.runtime, prepared.repeat)
    _note_left_overs(order.runtime)
    for line in plan_lines(prepared.experiment, prepared.words.target, order.runtime):
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


def pick(runtime: str | None) -> tuple[str, str]:
    """The runtime that was asked for, or the best that the machine has and a line that says so."""
    if runtime is not None:
        return runtime, ""
    kind, why = best_runtime()
    return kind.name, f"runtime {kind.name}: {why}"


def silent(text: str) -> None:
    """Say nothing."""


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

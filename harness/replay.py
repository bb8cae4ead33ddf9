"""Repeats a recorded run from its folder, and any run a second time, to compare the histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.determinism import require_same
from harness.document import load_experiment
from harness.errors import ConfigError, HarnessError, Problem
from harness.history import History
from harness.history_reader import read_history
from harness.model import RunVerdict
from harness.prepare import Prepared, RunRequest
from harness.registry import changed, vocabulary_of
from harness.rng import Seed
from harness.run_record import read_run
from harness.runtime_registry import load_runtime, runtime_kinds
from harness.session import run
from harness.store import EXPERIMENT, HISTORY, RUN

Say = Callable[[str], None]


def replay(run_dir: Path, say: Say, target: str = "") -> str:
    """Repeat a recorded run.

    Returns:
        the digest that both histories have.

    Raises:
        ConfigError: no folder of a run, or its runtime cannot repeat a run exactly.
        DeterminismError: the histories differ; with the first event that does.
    """
    prepared = recorded(run_dir, target)
    refuse_inexact(prepared.order.runtime, read_run(run_dir)["command"])
    recording = read_history(run_dir / HISTORY)
    return require_same(recording, once_more(prepared, say), prepared.order.seed.value)


def recorded(run_dir: Path, target: str = "") -> Prepared:
    """The order that a run carried out, from its folder.

    Args:
        target: a file or a module, in place of the recorded one; with the same content.

    Raises:
        ConfigError: a file is missing or is not what a run writes, or the target has changed.
    """
    header = read_run(run_dir)
    words = vocabulary_of(header, target)
    if problem := changed(header, words):
        raise ConfigError(problem)
    path, where = run_dir / EXPERIMENT, str(run_dir / RUN)
    design = header["design_values"]
    problems = [Problem(text, where) for _, text in words.target.design_problems(design)]
    if problems:
        raise ConfigError(problems)
    order = RunRequest(
        header["experiment"], header["design"], header["runtime"], Seed(header["seed"]), run_dir,
        target=words.source.ref,
    )  # fmt: skip
    return Prepared(order, path, load_experiment(path, words), design, words)


def once_more(prepared: Prepared, say: Say) -> History:
    """Run it in a folder that goes with it.

    Raises:
        HarnessError: it did not come to its end.
    """
    with TemporaryDirectory(prefix="harness-") as folder:
        order = replace(prepared.order, runs=Path(folder))
        result = run(replace(prepared, order=order), say)
        if result.verdict in (RunVerdict.ERROR, RunVerdict.INTERRUPTED):
            raise HarnessError(f"the repetition did not end: {'; '.join(result.reasons)}")
        return read_history(Path(result.run_dir) / HISTORY)


def refuse_inexact(runtime: str, repeat: str) -> None:
    """Only a deterministic runtime repeats a run event by event.

    Raises:
        ConfigError: this one does not.
    """
    if not load_runtime(runtime).deterministic:
        exact = [kind.name for kind in runtime_kinds().values() if kind.deterministic]
        raise ConfigError(
            Problem(
                f"the runtime {runtime} follows the machine's own timing: no two runs are the same",
                allowed=f"a run on {' or '.join(exact)}",
                remedy=repeat.replace(f"--runtime {runtime}", f"--runtime {exact[0]}"),
            )
        )

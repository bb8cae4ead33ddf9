"""`harness matrix`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.cli.console import note
from harness.cli.export import Export
from harness.cli.many_runs import carried_out, default_jobs, written
from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.matrix import words
from harness.matrix.conditions import Row, conditions, rows
from harness.matrix.outcome import outcome
from harness.prepare import RunRequest, load_design, named_design, prepare, target_option
from harness.registry import Vocabulary, load_vocabulary
from harness.rng import Seed
from harness.runtime_choice import refuse_runtime
from harness.runtime_registry import load_runtime
from harness.store import new_folder
from harness.suite.carry import Progress
from harness.text import quoted
from harness.yaml_source import nearest

MATRIX = "matrix.json"


@dataclass(frozen=True)
class MatrixOptions:
    """What a person asked for.

    Args:
        conditions: none for all that there are.
        html: where a copy of the page goes.
    """

    design: str
    conditions: tuple[str, ...] = ()
    seed: int = 1
    runtime: str = "sim"
    jobs: int | None = None
    output: str = "text"
    runs: Path = Path("runs")
    target: str = ""
    html: Path | None = None

    @property
    def repeat(self) -> str:
        """The command that does it again."""
        parts = ["harness", "matrix", "--design", self.design]
        parts += [word for one in self.conditions for word in ("--condition", one)]
        parts += ["--seed", str(self.seed), "--runtime", self.runtime]
        parts += ["--jobs", str(self.jobs)] if self.jobs else []
        return shlex.join([*parts, *target_option(self.target)])


def matrix_command(asked: MatrixOptions) -> int:
    """Break every dependency in every way, and say how each operation was served.

    Returns:
        0 when every mode that was seen is declared, 1 when one is not or an invariant broke, 3
        where a row shows nothing; else the worst code.
    """
    known, chosen = load_vocabulary(asked.target), asked.conditions or tuple(conditions())
    _check(asked, known)
    asked = replace(asked, design=named_design(asked.design, known))
    folder = new_folder(asked.runs, "matrix")
    documents = folder.path / "experiments"
    documents.mkdir()
    found = list(rows(known, load_runtime(asked.runtime), chosen, documents))
    note(f"harness: {len(found)} rows: dependencies of {known.target.name} x {', '.join(chosen)}")
    runs = _carried_out(asked, found)
    head = {"design": asked.design, "runtime": asked.runtime, "seed": asked.seed,
            "repeat": asked.repeat, "folder": str(folder.path)}  # fmt: skip
    operations = known.target.contract["operations"]
    degradation = getattr(known.target, "degradation", {})
    seen = [(row, runs.get(row.path)) for row in found]
    return written(outcome(head, seen, degradation, list(operations)), MATRIX, folder, words, asked)


def _carried_out(asked: MatrixOptions, found: Sequence[Row]) -> dict[Path | None, JsonObject]:
    """The file of each row that ran -> its result document."""
    prepared = [
        prepare(RunRequest(str(row.path), asked.design, asked.runtime, Seed(asked.seed),
                           asked.runs, asked.target))
        for row in found if row.path is not None
    ]  # fmt: skip
    done, jobs = Progress(), asked.jobs or default_jobs()
    carried_out(prepared, jobs, done)
    return {run.path: document for run, document in done.done}


def _check(asked: MatrixOptions, known: Vocabulary) -> None:
    """Before anything is written.

    Raises:
        ConfigError: everything that is wrong with what was asked for.
    """
    problems = list(Export(html=asked.html).problems())
    there = conditions()
    for name in asked.conditions:
        if name not in there:
            cause = f"no condition {quoted(name)}" + nearest(name, there)
            problems.append(Problem(cause, "--condition", ", ".join(there)))
    if not getattr(known.target, "degradation", {}):
        cause = "the target declares no degradation: there is nothing to compare with"
        remedy = "degradation: in the target, see docs/own-service.md"
        problems.append(Problem(cause, f"target {known.target.name}", remedy=remedy))
    try:
        load_design(asked.design, known)
        refuse_runtime(known.target, load_runtime(asked.runtime))
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(problems)

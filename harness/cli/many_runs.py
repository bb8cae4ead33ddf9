"""What verbs of many runs share: how long, how many at a time, and what is left of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.console import Console

from harness.cli.console import out_json, progress, stdout
from harness.cli.export import write_copy
from harness.errors import Problem
from harness.json_types import JsonDict, JsonObject
from harness.model import RunResult
from harness.prepare import Prepared
from harness.session import run
from harness.store import REPORT, RunFolder
from harness.suite.carry import Progress, one_by_one, side_by_side
from harness.undo.recovery import silent
from harness.units import parse_duration

FEW_CORES = 4  # below it, what runs beside a run in real time shows in its latencies


class Words(Protocol):
    """How a summary is told."""

    def page(self, summary: JsonObject, folder: Path, /) -> str:
        """The page, for a file in a folder."""

    def show(self, summary: JsonObject, console: Console, /) -> None:
        """Lines for a terminal."""


class Wanted(Protocol):
    """How a person wants it.

    Attributes:
        html: where a copy of the page goes.
        output: text or json.
    """

    @property
    def html(self) -> Path | None:
        """Where a copy of the page goes."""

    @property
    def output(self) -> str:
        """`text` or `json`."""


def default_jobs() -> int:
    """Runs at a time: one takes about two cores."""
    cores = len(os.sched_getaffinity(0))
    return 1 if cores < FEW_CORES else cores // 2


def quietly(prepared: Prepared) -> RunResult:
    """One run of many: it says nothing."""
    return run(prepared, silent)


def carried_out(runs: Sequence[Prepared], jobs: int, done: Progress) -> None:
    """Every run, one after the other or several at a time."""
    if jobs == 1:
        one_by_one(runs, quietly, done, progress())
    else:
        side_by_side(runs, jobs, done, progress())


def limit_s(text: str, problems: list[Problem]) -> float | None:
    """What `--time-limit` says, s; None for none, and where it is wrong: a problem more."""
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        problems.append(Problem(str(error), "--time-limit", "1s .. 24h"))
    return None


def written(summary: JsonDict, name: str, folder: RunFolder, words: Words, wanted: Wanted) -> int:
    """A summary into its folder, to where a person wants it, and onto stdout.

    Args:
        name: of its JSON document.

    Returns:
        the exit code that it names.
    """
    folder.write_json(name, summary)
    folder.write(REPORT, words.page(summary, folder.path))
    if wanted.html is not None:
        write_copy(wanted.html, words.page(summary, wanted.html.absolute().parent))
    if wanted.output == "json":
        out_json(summary)
    else:
        words.show(summary, stdout())
    return int(summary["exit_code"])

"""Which lines of a service the good design runs at each place, and how long it takes.

A place is an experiment, or the search. coverage.py writes one file a place; they can be combined.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, HarnessError, Problem
from harness.model import RunVerdict
from harness.self_test.checks import DEFAULT, SEED, Subject, context, look
from harness.self_test.mutants.forked import cpu_s, forked
from harness.self_test.mutants.loading import forget

EXTRA = "chaos-harness[self-test]"


@dataclass(frozen=True)
class Ran:
    """What the good design did at one place.

    Args:
        lines: file -> lines that ran.
        cpu_s: processor time, with the cost of watching.
        data: file that coverage.py can read.
    """

    place: str
    lines: Mapping[str, frozenset[int]]
    cpu_s: float
    data: str


def ran(place: str, folder: Path, load: float, subject: Subject = DEFAULT) -> Ran:
    """Run the good design at a place in a child of this process; the lines of a folder that ran.

    Raises:
        HarnessError: it did not pass, so that nothing can be learned from it.
    """
    need("coverage")
    context(subject)  # read before the fork
    ended = forked(partial(_watched, place, folder, load, subject))
    if not isinstance(ended.result, Ran):
        raise HarnessError(f"{place} without a mistake: {ended.result or ended}")
    return ended.result


def _watched(place: str, folder: Path, load: float, subject: Subject) -> Ran:
    data = Path(os.environ["TMPDIR"]) / f"{place}.coverage"
    watch = need("coverage").Coverage(
        data_file=str(data), branch=True, include=[f"{folder}/*"], config_file=False, messages=False
    )
    forget(folder.name, folder)
    watch.start()
    try:
        around = context(subject)
        cell = look(around, place, around.good, SEED, load, around.every_invariant)
    finally:
        watch.stop()
        watch.save()
    if cell.verdict in (RunVerdict.FAIL.value, RunVerdict.ERROR.value):
        raise HarnessError(f"{cell.verdict}: {cell.why}")
    seen = watch.get_data()
    lines = {file: frozenset(seen.lines(file) or ()) for file in seen.measured_files()}
    return Ran(place, lines, cpu_s(), str(data))


def need(module: str) -> Any:
    """A module that only this part of the self-test needs.

    Raises:
        ConfigError: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        remedy = f"pip install '{EXTRA}'"
        raise ConfigError(Problem(f"{module} is not installed", remedy=remedy)) from error

"""Where things are printed: results to stdout, progress to stderr with the seconds since the
start. Text from outside comes without control characters."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rich.console import Console

from harness.cli.outlet import Outlet
from harness.clock import monotonic_ns
from harness.experiment import Experiment
from harness.text import line, terminal


class Plain(Console):
    """A console whose strings are only text."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; what is no string was made safe by its maker."""
        super().print(*(terminal(o) if isinstance(o, str) else o for o in objects), **options)


def stdout() -> Plain:
    """The console for results; plain when it is no terminal; COLUMNS is honoured."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
    return Plain(highlight=False, markup=False, emoji=False, width=width)


def out(text: object) -> None:
    """Print lines of a result as they are, at any width."""
    print(terminal(text))


def out_json(document: Mapping[str, object]) -> None:
    """Print the JSON document of a result."""
    print(json.dumps(document, indent=2, default=str))


def note(text: object) -> None:
    """Print lines for a person to stderr."""
    with suppress(OSError):  # a full disk, a closed pipe: the work goes on without words
        print(terminal(text), file=sys.stderr, flush=True)


def tell_runner(command: str) -> None:
    """Print a command to the runner of a pipeline, which is to take none out of other text."""
    if isinstance(sys.stderr, Outlet):
        sys.stderr.command(command)
    else:
        note(command)


def warn(experiment: Experiment) -> None:
    """Print what an experiment is warned of to stderr."""
    for text in experiment.warnings:
        note(f"harness: warning: {text}")


def progress() -> Callable[[str], None]:
    """A function that prints one line of progress to stderr."""
    started_ns = monotonic_ns()

    def say(text: str) -> None:
        note(f"{(monotonic_ns() - started_ns) / 1e9:6.1f} s  {line(text)}")

    return say

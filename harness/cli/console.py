"""Where things are printed: results to stdout, progress to stderr with the seconds since the
start."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from rich.console import Console

from harness.clock import monotonic_ns
from harness.experiment import Experiment


def stdout() -> Console:
    """The console for results; plain when it is no terminal; COLUMNS is honoured."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
    return Console(highlight=False, markup=False, emoji=False, width=width)


def warn(experiment: Experiment) -> None:
    """Print what an experiment is warned of to stderr."""
    for text in experiment.warnings:
        print(f"harness: warning: {text}", file=sys.stderr)


def progress() -> Callable[[str], None]:
    """A function that prints one line of progress to stderr."""
    started_ns = monotonic_ns()

    def say(text: str) -> None:
        print(f"{(monotonic_ns() - started_ns) / 1e9:6.1f} s  {text}", file=sys.stderr, flush=True)

    return say

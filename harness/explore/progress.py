"""Progress of a search: a bar on a terminal, a line from time to time elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from harness.clock import NS, monotonic_ns
from harness.explore.result import Found

LINE_EVERY_S = 5.0  # chosen: often enough to see that it lives
BAR_EVERY_S = 0.1


class ProgressReporter:
    """Says how far a search is, on stderr.

    Args:
        budget_s: of the search: what the bar is measured against.
    """

    def __init__(self, budget_s: float) -> None:
        self._next_ns = monotonic_ns() + round(LINE_EVERY_S * NS)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if sys.stderr.isatty():
            self._next_ns = 0
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                console=Console(file=sys.stderr),
                transient=True,
            )
            self._task = self._bar.add_task("starting", total=budget_s)

    def __enter__(self) -> ProgressReporter:
        """Show the bar."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it away."""
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, found: Found, size: int) -> None:
        """A world was run."""
        now_ns = monotonic_ns()
        if now_ns < self._next_ns:
            return
        every_s = LINE_EVERY_S if self._bar is None else BAR_EVERY_S
        self._next_ns = now_ns + round(every_s * NS)
        line = line_of(found, size)
        if self._bar is not None:
            self._bar.update(self._task, description=line, completed=found.seconds)
        else:
            print(f"{found.seconds:6.1f} s  {line}", file=sys.stderr, flush=True)


def line_of(found: Found, size: int) -> str:
    """In a line: `2 faults  1,204 scenarios  980/s  3 that break a promise`."""
    doing = f"{size} fault{'' if size == 1 else 's'}"
    if found.covered is not None:
        doing = f"environments, {doing}"
    if found.swarm:
        doing = "swarm"
    sets = f"{len(found.minimal)} that break a promise"
    return f"{doing}  {found.explored:,} scenarios  {found.rate:,.0f}/s  {sets}"

"""Files that a pipeline picks up, and what its pages show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cli.console import tell_runner
from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.report.ci import error_lines, step_summary
from harness.report.files import JUNIT
from harness.store import REPORT, RunFolder

METRICS = "metrics.txt"


@dataclass(frozen=True)
class Made:
    """What can be written down.

    Args:
        page: given the folder that it will lie in, for its links.
    """

    junit: str
    page: Callable[[Path], str]
    metrics: str

    def write_into(self, folder: RunFolder) -> None:
        """All of it, under its usual names."""
        folder.write(JUNIT, self.junit)
        folder.write(REPORT, self.page(folder.path))
        folder.write(METRICS, self.metrics)


@dataclass(frozen=True)
class Export:
    """Where a person wants copies."""

    junit_xml: Path | None = None
    html: Path | None = None
    metrics: Path | None = None

    def problems(self) -> Iterator[Problem]:
        """Files that cannot be: said before anything runs."""
        given = {"--junit-xml": self.junit_xml, "--html": self.html, "--metrics": self.metrics}
        for option, path in given.items():
            if path is not None and not path.absolute().parent.is_dir():
                cause = f"{path}: there is no folder {path.absolute().parent}"
                yield Problem(cause, option, "a file in a folder that is there")

    def write(self, made: Made) -> None:
        """Each that was asked for.

        Raises:
            ConfigError: it cannot be written.
        """
        if self.junit_xml is not None:
            write_copy(self.junit_xml, made.junit)
        if self.html is not None:
            write_copy(self.html, made.page(self.html.absolute().parent))
        if self.metrics is not None:
            write_copy(self.metrics, made.metrics)


NOTHING = Export()


def show_in_ci(markdown: str, runs: Sequence[JsonObject]) -> None:
    """On the page of the job, and beside the lines that were broken."""
    step_summary(markdown)
    for command in error_lines(runs):
        tell_runner(command)


def write_copy(path: Path, text: str) -> None:
    """Write a file that a person named.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        cause = f"cannot write it: {error.strerror}"
        raise ConfigError(Problem(cause, str(path), "a file that can be written")) from None

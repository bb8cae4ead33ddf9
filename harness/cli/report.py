"""`harness report`."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import note, out_json, stdout
from harness.errors import ConfigError, Problem
from harness.model import RunResult
from harness.registry import changed, vocabulary_of
from harness.rejudge import reread
from harness.report.recorded import Recorded
from harness.report.terminal import show
from harness.run_record import read_run
from harness.store import REPORT, find_run, result_document


def report_command(
    run: str, output: str, runs: Path, target: str = "", html: Path | None = None
) -> int:
    """Judge the recorded history again and print the result; a run that died before it had a page
    gets one.

    Args:
        html: a file that the page goes into too.

    Returns:
        the exit code of the verdict.
    """
    folder = find_run(runs, run)
    header = read_run(folder)
    words = vocabulary_of(header, target)
    if problem := changed(header, words):
        note(f"harness: warning: {problem.where}: {problem.cause}")
    result, recorded = reread(folder, words)
    missing = [] if (folder / REPORT).exists() else [folder / REPORT]
    for path in [*missing, *([html] if html else [])]:
        _write_page(path, result, recorded, needed=path is html)
    if output == "json":
        out_json(result_document(result))
    else:
        show(result, stdout())
    return result.exit_code


def _write_page(path: Path, result: RunResult, recorded: Recorded, *, needed: bool) -> None:
    """Write the page; a folder that cannot be written to matters only where it was asked for."""
    from harness.report.html import page

    try:
        path.write_text(page(result, recorded), encoding="utf-8")
    except OSError as error:
        if needed:
            cause = f"cannot write it: {error.strerror}"
            raise ConfigError(Problem(cause, str(path), "a file that can be written")) from None

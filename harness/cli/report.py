"""`harness report`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from harness.cli.console import note, out_json, stdout
from harness.errors import ConfigError, Problem
from harness.model import RunResult
from harness.registry import changed, vocabulary_of
from harness.rejudge import reread
from harness.report.recorded import Recorded
from harness.report.terminal import show
from harness.run_record import read_run
from harness.store import HISTORY, REPORT, find_run, result_document


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
    if html is not None:
        _write_page(html, result, recorded)
    _complete(folder / REPORT, result, recorded)
    if output == "json":
        out_json(result_document(result))
    else:
        show(result, stdout())
    return result.exit_code


def _complete(path: Path, result: RunResult, recorded: Recorded) -> None:
    """The page of a run that died before it had one; where it cannot be, there is none. What is
    there already, also a link, is left alone."""
    if not path.exists() and not path.is_symlink():
        with suppress(ConfigError):
            _write_page(path, result, recorded, mode="x")


def _write_page(path: Path, result: RunResult, recorded: Recorded, mode: str = "w") -> None:
    from harness.report.html import page

    try:
        text = page(result, recorded)
    except Exception as error:
        cause = f"values that a run does not write: {type(error).__name__}: {error}"
        raise ConfigError(Problem(cause, f"{result.run_dir}/{HISTORY}")) from error
    try:
        with path.open(mode, encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        cause = f"cannot write it: {error.strerror}"
        raise ConfigError(Problem(cause, str(path), "a file that can be written")) from None

"""`harness report`."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import note, out_json, stdout
from harness.registry import changed, vocabulary_of
from harness.rejudge import recheck
from harness.report.terminal import show
from harness.run_record import read_run
from harness.store import find_run, result_document


def report_command(run: str, output: str, runs: Path, target: str = "") -> int:
    """Judge the recorded history again and print the result.

    Returns:
        the exit code of the verdict.
    """
    folder = find_run(runs, run)
    header = read_run(folder)
    words = vocabulary_of(header, target)
    if problem := changed(header, words):
        note(f"harness: warning: {problem.where}: {problem.cause}")
    result = recheck(folder, words)
    if output == "json":
        out_json(result_document(result))
    else:
        show(result, stdout())
    return result.exit_code

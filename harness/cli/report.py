"""`harness report`."""

from __future__ import annotations

import json
from pathlib import Path

from harness.cli.console import stdout
from harness.registry import load_vocabulary
from harness.rejudge import recheck
from harness.report.terminal import show
from harness.store import find_run, result_document


def report_command(run: str, output: str, runs: Path) -> int:
    """Judge the recorded history again and print the result.

    Returns:
        the exit code of the verdict.
    """
    result = recheck(find_run(runs, run), load_vocabulary())
    if output == "json":
        print(json.dumps(result_document(result), indent=2, default=str))
    else:
        show(result, stdout())
    return result.exit_code

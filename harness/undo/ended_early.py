"""The verdict of a run that died before it could write one: inconclusive, with what is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness.json_types import JsonDict
from harness.model import EXIT_CODES, RunResult, RunVerdict
from harness.private import with_reserve
from harness.store import HISTORY, RUN, VERDICT, RunFolder, result_document


def write_verdict(run_dir: Path, by: str, say: Callable[[str], None]) -> None:
    """Write verdict.json where there is a run and none yet; what keeps it from that is told.

    Args:
        by: who undid and ended everything: watchdog or clear.
    """
    if not (run_dir / RUN).exists() or (run_dir / VERDICT).exists():
        return  # the folder is lost, or nothing had begun; or the run itself said how it ended
    try:
        record = json.loads((run_dir / RUN).read_bytes())
        told = result_document(_result(record, run_dir, by))
        with_reserve(run_dir, lambda: RunFolder(run_dir).write_json(VERDICT, told))
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        say(f"{run_dir}: no {VERDICT}: {error!r}")


def _result(record: JsonDict, run_dir: Path, by: str) -> RunResult:
    recorded = run_dir / HISTORY
    lines = recorded.read_bytes().count(b"\n") if recorded.exists() else 0
    lasted_s = recorded.stat().st_mtime - (run_dir / RUN).stat().st_mtime if lines else 0.0
    ended = f"ended early: the harness was killed; {by} undid and ended everything"
    known = f"{lines} lines of history are there; harness report {run_dir} judges them"
    return RunResult(
        experiment=str(record["experiment"]),
        title=str(record["title"]),
        design=str(record["design"]),
        runtime=str(record["runtime"]),
        seed=int(record["seed"]),
        verdict=RunVerdict.INCONCLUSIVE,
        exit_code=EXIT_CODES[RunVerdict.INCONCLUSIVE],
        reasons=(ended, known),
        run_dir=str(run_dir),
        repeat=str(record["command"]),
        duration_s=round(max(lasted_s, 0.0), 1),
    )

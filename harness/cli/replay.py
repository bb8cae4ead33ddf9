"""`harness replay`."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import out, out_json, progress
from harness.replay import replay
from harness.store import find_run


def replay_command(run: str, runs: Path, target: str = "", output: str = "text") -> int:
    """Repeat a recorded run and compare, event by event.

    Returns:
        0 when it was the same; a difference is raised.
    """
    folder = find_run(runs, run)
    digest = replay(folder, progress(), target)
    if output == "json":
        out_json({"same": True, "sha256": digest, "run_dir": str(folder)})
    else:
        out(f"same  sha256 {digest}  {folder}")
    return 0

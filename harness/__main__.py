"""`python -m harness`: the command, also where no script is on the path."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if not sys.flags.safe_path and Path(sys.path[0]) != ROOT:
    del sys.path[0]  # `-m` puts the working folder first: a chaos/ of its own would be ours

from harness.cli.main import main  # noqa: E402 - after the path is safe

main()

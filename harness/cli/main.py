"""`harness`: every verb, and errors as one-line causes and exit codes."""

from __future__ import annotations

import sys

from harness.cli import verbs
from harness.cli.app import app
from harness.cli.endings import launch

__all__ = ["app", "main"]

verbs.register()


def main() -> None:
    """Entry of the `harness` command."""
    sys.exit(launch(lambda: app(standalone_mode=False), sys.argv[1:]))

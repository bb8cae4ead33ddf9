"""Words and options of each verb; what a verb does is imported once it is called."""

from __future__ import annotations

import importlib

MODULES = ("running", "reading", "searching", "drilling", "machine")  # as help lists them


def register() -> None:
    """Add every verb to the application."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")

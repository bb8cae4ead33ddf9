"""Words and options of each verb; what a verb does is imported once it is called."""

from __future__ import annotations

import importlib

from harness.cli.app import app
from harness.cli.examples import add_examples

MODULES = (  # as help lists them
    "running",
    "suites",
    "designing",
    "reading",
    "searching",
    "drilling",
    "overseeing",
    "warning",
    "machine",
)


def register() -> None:
    """Add every verb to the application."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
    add_examples(app.registered_commands)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        add_examples(group.typer_instance.registered_commands, str(group.name))

"""`harness init target`, `experiment` and `design`: first files, never written over others."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from harness.authoring.starter import design, experiment
from harness.cli.console import stdout
from harness.errors import ConfigError, Problem
from harness.json_types import JsonObject
from harness.registry import load_vocabulary
from harness.target_file.draft import draft
from harness.target_file.draft_compose import DECIDE


def init_target_command(openapi: Path | None, compose: Path | None, out: Path) -> int:
    """Write a first target file.

    Args:
        openapi: the document that the service says of itself.
        compose: the file of the services; compose reads it.
        out: the new file; one that is there stays as it is.

    Returns:
        0; what cannot be read or written is raised.
    """
    if not (openapi or compose):
        remedy = "--openapi FILE, --compose FILE, or both"
        raise ConfigError(Problem("a first target file out of what?", "init target", "", remedy))

    def shown(file: Path) -> str:
        return os.path.relpath(file.absolute(), out.absolute().parent)

    composed = (_told(compose), shown(compose)) if compose else None
    _write(out, draft(openapi, shown(openapi) if openapi else "", composed))
    say = stdout().print
    say(f"{out}: decide what says {DECIDE}", markup=False)
    say(f"then: harness validate {out}    names what is missing, with line and column",
        markup=False)  # fmt: skip
    return 0


def _told(file: Path) -> JsonObject:
    """What compose says of a file."""
    from harness.runtimes.docker.compose import Project

    if not file.is_file():
        raise ConfigError(Problem("is not there", str(file), "a compose file"))
    return asyncio.run(Project("init", file.absolute(), Path(os.devnull)).config())


def init_experiment_command(fault: str, out: Path, target: str = "") -> int:
    """Write a first experiment.

    Returns:
        0; what cannot be written is raised.
    """
    _write(out, experiment(load_vocabulary(target), fault, str(out)))
    stdout().print(f"{out}: try: harness run {out}", markup=False)
    return 0


def init_design_command(like: str, out: Path, target: str = "") -> int:
    """Write a design to change.

    Args:
        like: the one that it begins as.

    Returns:
        0; what cannot be written is raised.
    """
    _write(out, design(load_vocabulary(target), like))
    stdout().print(f"{out}: try: harness run EXPERIMENT --design {out}", markup=False)
    return 0


def _write(out: Path, text: str) -> None:
    """Write a file that is not there.

    Raises:
        ConfigError: it is there, or cannot be written.
    """
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        why = "is there, and is not written over"
        raise ConfigError(Problem(why, str(out), remedy="--out another.yaml")) from None
    except OSError as error:
        why = f"cannot write it: {error.strerror}"
        raise ConfigError(Problem(why, str(out))) from None

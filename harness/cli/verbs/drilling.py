"""Verbs of disaster recovery: drill, drill verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import RUNS, DesignRef, Manual, Printed, RunsDir, SeedValue, TargetRef, app

drill = typer.Typer(
    invoke_without_command=True, help="A disaster-recovery drill and the evidence of it."
)
app.add_typer(drill, name="drill")


@drill.callback()
def drill_(
    asked: typer.Context,
    design: DesignRef = "hardened",
    direction: Annotated[str, typer.Option(help="Which way: ab, ba.")] = "ab",
    runtime: Annotated[str, typer.Option(help="process, docker or sim.")] = "process",
    seed: SeedValue = 1,
    output: Printed = "text",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
    manual: Manual = False,
) -> None:
    """Run every experiment that is tagged `drill`; exit code of the worst."""
    if asked.invoked_subcommand is not None:
        return
    from harness.cli.drill import drill_command
    from harness.prepare import RunRequest
    from harness.rng import Seed

    order = RunRequest("", design, runtime, Seed(seed), runs, target, manual=manual)
    raise typer.Exit(drill_command(order, direction, output))


@drill.command("verify")
def verify(
    folder: Annotated[Path, typer.Argument(help="What a drill left: runs/drill/UTC.")],
) -> None:
    """See by its manifest whether the evidence of a drill is whole."""
    from harness.cli.drill import verify_command

    raise typer.Exit(verify_command(folder))

"""Verbs of early warning: warn score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import RUNS, Printed, TargetRef, app

warn = typer.Typer(no_args_is_help=True, help="Early warning: score detectors on recorded runs.")
app.add_typer(warn, name="warn")


@warn.command("score")
def score(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Folders of recorded runs; left out, runs.")
    ] = None,
    false_alarms_per_day: Annotated[
        float, typer.Option(min=0, help="What red may cost; amber may cost ten times as much.")
    ] = 24.0,
    users: Annotated[
        int, typer.Option(min=1, help="In time is before so many users were harmed.")
    ] = 10,
    html: Annotated[Path | None, typer.Option(help="Write the page.", dir_okay=False)] = None,
    output: Printed = "text",
    target: TargetRef = "",
) -> None:
    """Say how early each detector warned in recorded runs, at how many false alarms."""
    from harness.cli.warning import score_command
    from harness.warning.score import Asked

    asked = Asked(false_alarms_per_day, users)
    raise typer.Exit(score_command(tuple(runs or [RUNS]), asked, html, output, target))

"""Verbs for those who oversee: risks, incident."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import RUNS, DesignRef, Printed, RecordedRun, RunsDir, TargetRef, app

Page = Annotated[
    Path | None, typer.Option("--markdown", help="Write it as Markdown too.", dir_okay=False)
]


@app.command()
def risks(
    register: Annotated[
        Path | None, typer.Argument(help="A YAML file; left out, the one that comes along.")
    ] = None,
    design: DesignRef = "hardened",
    since: Annotated[str, typer.Option(help="Runs before this day, UTC, do not count.")] = "",
    output: Printed = "text",
    markdown: Page = None,
    html: Annotated[
        Path | None, typer.Option(help="Write it as a page too.", dir_okay=False)
    ] = None,
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Print what recorded runs measured of each risk beside what experts think of it."""
    from harness.cli.risks import risks_command

    code = risks_command(register, design, output, runs, target, since, markdown, html)
    raise typer.Exit(code)


@app.command()
def incident(
    run: RecordedRun = "latest",
    rules: Annotated[
        Path | None, typer.Option(help="A YAML file; left out, the one that comes along.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the drafts, made if need be.", file_okay=False)
    ] = None,
    output: Printed = "text",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Classify a recorded run by rules, and draft the reports that its class demands."""
    from harness.cli.incident import incident_command

    raise typer.Exit(incident_command(run, rules, out, output, runs, target))

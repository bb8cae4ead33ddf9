"""Verbs that run experiments: run, demo."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.app import (
    RUNS,
    DesignRef,
    Printed,
    Rate,
    RunsDir,
    RunTime,
    SeedValue,
    TargetRef,
    TopologyName,
    Vars,
    app,
)
from harness.rng import SEED_MAX


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(help="An id (X01), a name, or a YAML file.")],
    design: DesignRef = "hardened",
    runtime: Annotated[
        str | None, typer.Option(help="A name of `harness list`; left out, the best that can.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=SEED_MAX, help="Chosen when left out.")
    ] = None,
    output: Printed = "text",
    runs: RunsDir = RUNS,
    dry: Annotated[bool, typer.Option("--dry", help="Print the plan; touch nothing.")] = False,
    twice: Annotated[
        bool, typer.Option("--check-determinism", help="Run twice and compare; on sim.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Serve the report page on 127.0.0.1 while it runs.")
    ] = False,
    repeat: Annotated[
        int, typer.Option(min=1, max=10_000, help="Run it so often: how do verdicts spread?")
    ] = 1,
    target: TargetRef = "",
    topology: TopologyName = "",
    rate: Rate = None,
    run_time: RunTime = None,
    var: Vars = None,
) -> None:
    """Run an experiment against a design and judge it."""
    from harness.cli.run import ask, dry_command, repeat_command, run_command
    from harness.overrides import Overrides

    overrides = Overrides(rate, run_time, tuple(var or ()))
    order = ask(experiment, design, runtime, seed, runs, target, overrides, topology)
    if dry:
        raise typer.Exit(dry_command(order, twice=twice))
    if repeat > 1:
        if twice or live:
            raise typer.BadParameter(
                "not with --check-determinism or --live", param_hint="--repeat"
            )
        raise typer.Exit(repeat_command(order, output, repeat))
    raise typer.Exit(run_command(order, output, twice=twice, live=live))


@app.command()
def demo(
    seed: SeedValue = 1,
    runs: RunsDir = RUNS,
) -> None:
    """See a loan paid twice in a naive design, and a hardened one survive the same fault."""
    from harness.cli.demo import demo_command

    raise typer.Exit(demo_command(seed, runs))

"""Verbs for whoever designs: compare, matrix."""

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
    Vars,
    app,
)
from harness.cli.verbs.suites import Dry, Html, Jobs, TimeLimit

SEEDS_MAX = 1000
OnRuntime = Annotated[str, typer.Option("--runtime", help="A name of `harness list`.")]


@app.command()
def compare(
    designs: Annotated[list[str], typer.Argument(help="Two or more: names or YAML files.")],
    experiments: Annotated[
        list[str] | None,
        typer.Option(help="Ids, files, folders, suites; may be given again. Else suite smoke."),
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, max=SEEDS_MAX, help="How many, for each experiment.")
    ] = 5,
    seed: SeedValue = 1,
    runtime: OnRuntime = "sim",
    jobs: Jobs = None,
    time_limit: TimeLimit = "",
    output: Printed = "text",
    html: Html = None,
    runs: RunsDir = RUNS,
    dry: Dry = False,
    target: TargetRef = "",
    rate: Rate = None,
    run_time: RunTime = None,
    var: Vars = None,
) -> None:
    """Say which design is better in what: the same experiments, the same seeds."""
    from harness.cli.compare import CompareOptions, compare_command
    from harness.overrides import Overrides

    asked = CompareOptions(
        tuple(designs), tuple(experiments or ()), seeds, seed, runtime, jobs, time_limit, output,
        runs, target, Overrides(rate, run_time, tuple(var or ())), html,
    )  # fmt: skip
    raise typer.Exit(compare_command(asked, dry=dry))


@app.command()
def matrix(
    design: DesignRef = "hardened",
    condition: Annotated[
        list[str] | None,
        typer.Option(help="down, slow, flapping, wrong; may be given again. Else all of them."),
    ] = None,
    seed: SeedValue = 1,
    runtime: OnRuntime = "sim",
    jobs: Jobs = None,
    output: Printed = "text",
    html: Html = None,
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Break each dependency in each way: is every degradation that shows declared?"""
    from harness.cli.matrix import MatrixOptions, matrix_command

    asked = MatrixOptions(
        design, tuple(condition or ()), seed, runtime, jobs, output, runs, target, html
    )
    raise typer.Exit(matrix_command(asked))

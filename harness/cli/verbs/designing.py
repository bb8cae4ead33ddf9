"""Verbs for whoever designs: compare, matrix, envelope."""

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


@app.command()
def envelope(
    experiment: Annotated[str, typer.Argument(help="Id, name or YAML file.")],
    vary: Annotated[
        list[str],
        typer.Option(help="for=1s..120s, load=1x..8x, design.KEY=0.1..5; may be given again."),
    ],
    design: DesignRef = "hardened",
    precision: Annotated[
        float, typer.Option(help="How narrow a change is found, as a share of the value.")
    ] = 0.05,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Run both sides of each breaking point on process.")
    ] = False,
    seed: SeedValue = 1,
    runtime: OnRuntime = "sim",
    time_limit: TimeLimit = "",
    output: Printed = "text",
    html: Html = None,
    runs: RunsDir = RUNS,
    target: TargetRef = "",
    rate: Rate = None,
    run_time: RunTime = None,
    var: Vars = None,
) -> None:
    """Find how far an experiment can be taken before the design degrades, and breaks."""
    from harness.cli.envelope import EnvelopeOptions, envelope_command
    from harness.overrides import Overrides

    asked = EnvelopeOptions(
        experiment, tuple(vary), design, precision, seed, runtime, time_limit, confirm, output,
        runs, target, Overrides(rate, run_time, tuple(var or ())), html,
    )  # fmt: skip
    raise typer.Exit(envelope_command(asked))

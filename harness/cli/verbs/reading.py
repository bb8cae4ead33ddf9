"""Verbs that read documents and recorded runs, from validate to shrink."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.cli.app import (
    RUNS,
    Output,
    Printed,
    Rate,
    RecordedRun,
    RunsDir,
    RunTime,
    TargetRef,
    Vars,
    app,
    init,
)


@app.command()
def validate(
    document: Annotated[
        str,
        typer.Argument(help="An experiment, design, target, register or rules: id, name, path."),
    ],
    design: Annotated[str, typer.Option(help="A name or a path.")] = "hardened",
    target: TargetRef = "",
    rate: Rate = None,
    run_time: RunTime = None,
    var: Vars = None,
    output: Printed = "text",
) -> None:
    """Check an experiment (and a design with it), a design or a target; start nothing."""
    from harness.cli.validate import validate_command
    from harness.overrides import Overrides

    overrides = Overrides(rate, run_time, tuple(var or ()))
    raise typer.Exit(validate_command(document, design, target, overrides, output))


@init.command("target")
def init_target(
    openapi: Annotated[
        Path | None, typer.Option(help="What the service says of itself; YAML or JSON.")
    ] = None,
    compose: Annotated[Path | None, typer.Option(help="The compose file of its services.")] = None,
    out: Annotated[Path, typer.Option(help="What is written; it must not be there.")] = Path(
        "target.yaml"
    ),
) -> None:
    """Write a first target.yaml; what a person must decide is CHANGE-ME."""
    from harness.cli.init import init_target_command

    raise typer.Exit(init_target_command(openapi, compose, out))


@init.command("experiment")
def init_experiment(
    fault: Annotated[str, typer.Option(help="What goes wrong; see harness list faults.")] = "down",
    out: Annotated[Path, typer.Option(help="What is written; it must not be there.")] = Path(
        "my_experiment.yaml"
    ),
    target: TargetRef = "",
) -> None:
    """Write a first experiment with comments, ready to run."""
    from harness.cli.init import init_experiment_command

    raise typer.Exit(init_experiment_command(fault, out, target))


@init.command("design")
def init_design(
    like: Annotated[str, typer.Option(help="The design that it begins as.")] = "hardened",
    out: Annotated[Path, typer.Option(help="What is written; it must not be there.")] = Path(
        "my_design.yaml"
    ),
    target: TargetRef = "",
) -> None:
    """Write a design to change: a copy with its comments."""
    from harness.cli.init import init_design_command

    raise typer.Exit(init_design_command(like, out, target))


@app.command("list")
def list_(
    section: Annotated[
        str, typer.Argument(help="faults, links, services, operations, ...; left out, all of them.")
    ] = "",
    target: TargetRef = "",
    output: Printed = "text",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Where each item of the mission can be seen.")
    ] = False,
) -> None:
    """Print every word that a document may use."""
    if coverage:
        from harness.cli.coverage import coverage_command

        raise typer.Exit(coverage_command(output))
    from harness.cli.listing import list_command

    raise typer.Exit(list_command(section, target, output))


@app.command()
def explain(
    word: Annotated[
        str, typer.Argument(help="A fault, measure, invariant (M1), link, journey, ...")
    ],
    target: TargetRef = "",
    output: Printed = "text",
) -> None:
    """Say what a word of a document means, what it takes, where it works, with an example."""
    from harness.cli.explain import explain_command

    raise typer.Exit(explain_command(word, target, output))


@app.command()
def schema(
    name: Annotated[
        str, typer.Argument(help="experiment, design, target, suite, verdict, history, ...")
    ],
    target: TargetRef = "",
    output: Annotated[
        Literal["json"], typer.Option(help="A schema is JSON, whatever is asked.")
    ] = "json",
) -> None:
    """Print the JSON Schema of what is read or written, for editors and programs."""
    from harness.cli.schema import schema_command

    raise typer.Exit(schema_command(name, target))


@app.command()
def report(
    run: RecordedRun = "latest",
    output: Printed = "text",
    html: Annotated[
        Path | None, typer.Option(help="Write the page into this file too.", dir_okay=False)
    ] = None,
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Judge a recorded run again from its history and show the result."""
    from harness.cli.report import report_command

    raise typer.Exit(report_command(run, output, runs, target, html))


@app.command()
def show(
    run: RecordedRun = "latest",
    name: Annotated[
        str, typer.Argument(help="Of a loan, a request, ...; left out, what there is to show.")
    ] = "",
    output: Annotated[Output, typer.Option(help="How the story is printed.")] = "text",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Tell the story of one thing of a run: every event about it, by time."""
    from harness.cli.show import show_command

    raise typer.Exit(show_command(run, name, output, runs, target))


@app.command()
def replay(
    run: RecordedRun = "latest",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
    output: Printed = "text",
) -> None:
    """Repeat a recorded run on sim: the same, or the first event that differs."""
    from harness.cli.replay import replay_command

    raise typer.Exit(replay_command(run, runs, target, output))


@app.command()
def shrink(
    run: RecordedRun = "latest",
    invariant: Annotated[
        str, typer.Option(help="What has to stay broken; left out, the first that broke.")
    ] = "",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
    output: Printed = "text",
) -> None:
    """Make a failing run on sim smaller while the same invariant breaks."""
    from harness.cli.shrink import shrink_command

    raise typer.Exit(shrink_command(run, invariant, runs, target, output))

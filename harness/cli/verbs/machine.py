"""Verbs about this machine: doctor, parts, up, down, faults, images, runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import (
    RUNS,
    Printed,
    TargetRef,
    TopologyName,
    app,
    faults,
    images,
    runs,
)


@app.command()
def doctor(output: Printed = "text") -> None:
    """What this machine has, which parts were taken, and what is missing."""
    from harness.cli.doctor import doctor_command

    raise typer.Exit(doctor_command(output))


@app.command()
def parts(
    patroni: Annotated[
        bool, typer.Option("--patroni", help="Also Patroni and etcd, for designs that ask for it.")
    ] = False,
) -> None:
    """Find or make the real parts (Toxiproxy, PostgreSQL); done once."""
    from harness.cli.doctor import parts_command

    raise typer.Exit(parts_command(patroni=patroni))


@app.command()
def up(
    runtime: Annotated[str, typer.Option(help="docker or process.")] = "docker",
    design: Annotated[
        str | None, typer.Option(help="A name or a path to a YAML file; left out, hardened.")
    ] = None,
    target: TargetRef = "",
    topology: TopologyName = "",
) -> None:
    """Bring up the whole system, to look at; it stands until `harness down`."""
    from harness.cli.up import up_command

    raise typer.Exit(up_command(runtime, design, target, topology))


@app.command()
def down() -> None:
    """Take down what `harness up` left standing, and nothing else."""
    from harness.cli.up import down_command

    raise typer.Exit(down_command())


@faults.command("list")
def faults_list(output: Printed = "text") -> None:
    """What may be active: faults of every run that has not ended."""
    from harness.cli.faults import list_command

    raise typer.Exit(list_command(output))


@faults.command("clear")
def faults_clear(
    force: Annotated[bool, typer.Option(help="Also runs whose owner is alive.")] = False,
) -> None:
    """Undo every fault, end every process and remove every file of dead runs."""
    from harness.cli.faults import clear_command

    raise typer.Exit(clear_command(force=force))


@images.command("build")
def images_build() -> None:
    """Make the images that are not there, of the distribution's packages or of public ones."""
    from harness.cli.images import build_command

    raise typer.Exit(build_command())


@images.command("list")
def images_list(output: Printed = "text") -> None:
    """Which images a run takes, how large they are, and which are not made yet."""
    from harness.cli.images import list_command

    raise typer.Exit(list_command(output))


@runs.command("list")
def runs_list(
    experiment: Annotated[str, typer.Argument(help="An id or a name; left out, all.")] = "",
    folder: Annotated[Path, typer.Option("--runs", help="Folder of what runs left.")] = RUNS,
    output: Printed = "text",
) -> None:
    """Every recorded run with its verdict, the latest last."""
    from harness.cli.runs import list_command

    raise typer.Exit(list_command(folder, experiment, output))


@runs.command("prune")
def runs_prune(
    keep: Annotated[int, typer.Option(min=1, help="How many of each experiment stay.")],
    folder: Annotated[Path, typer.Option("--runs", help="Folder of what runs left.")] = RUNS,
    dry: Annotated[bool, typer.Option("--dry", help="Remove nothing; say what would go.")] = False,
    output: Printed = "text",
) -> None:
    """Remove all but the latest runs of each experiment; runs that go on stay."""
    from harness.cli.runs import prune_command

    raise typer.Exit(prune_command(folder, keep, dry=dry, output=output))

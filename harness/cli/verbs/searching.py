"""Verbs that search: explore, self-test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import (
    FAULTS_MAX,
    RUNS,
    SEEDS_MAX,
    ClusterAddress,
    DesignRef,
    Number,
    Printed,
    RunsDir,
    SeedValue,
    TargetRef,
    app,
)


@app.command()
def explore(
    design: DesignRef = "hardened",
    journey: Annotated[
        list[str] | None,
        typer.Option(help="May be given again; they start together. Left out, the target's."),
    ] = None,
    faults: Annotated[
        int, typer.Option(min=0, max=FAULTS_MAX, help="Every set of up to so many.")
    ] = 3,
    budget: Annotated[
        str, typer.Option(help="Real time for everything: 60s, 5m; 1s .. 24h.")
    ] = "60s",
    workers: Number = None,
    seed: SeedValue = 1,
    target: TargetRef = "",
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Run what was found on real parts.")
    ] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Branch also where the state is known.")
    ] = False,
    environment: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, may be given again: so the world is, all the time."),
    ] = None,
    swarm: Annotated[
        bool, typer.Option(help="Go on beyond --faults: other environments, then by chance.")
    ] = True,
    cluster: ClusterAddress = "",
    output: Printed = "text",
    runs: RunsDir = RUNS,
) -> None:
    """Search for the smallest sets of faults that break a design, on sim."""
    from harness.cli.explore import ExploreOptions, explore_command

    journeys = tuple(journey or [])
    asked = ExploreOptions(
        design, journeys, faults, budget, workers, seed, target,
        exact=exact, swarm=swarm, environment=tuple(environment or ()), runs=runs,
        cluster=cluster,
    )  # fmt: skip
    raise typer.Exit(explore_command(asked, confirming=confirm, output=output))


@app.command("self-test")
def self_test(
    defects: Annotated[
        Path | None, typer.Option(help="Folder of defects; left out, those of the target.")
    ] = None,
    target: TargetRef = "",
    design: DesignRef = "hardened",
    seeds: Annotated[
        int, typer.Option(min=0, max=SEEDS_MAX, help="Runs of the good design.")
    ] = 200,
    workers: Number = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave a defect as soon as it is caught.")
    ] = False,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Small mistakes in the service instead of defects.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="What of the service no experiment runs, instead.")
    ] = False,
    xml: Annotated[
        Path | None, typer.Option(help="With --coverage: write it here too, as Cobertura has it.")
    ] = None,
    package: Annotated[
        str, typer.Option(help="With --mutants and --coverage: the service.")
    ] = "lending_service",
    modules: Annotated[str, typer.Option(help="With --mutants: some of it, as money,debits.")] = "",
    sample: Annotated[int, typer.Option(min=0, help="With --mutants: draw so many.")] = 0,
    seconds: Annotated[float, typer.Option(min=0, help="With --mutants: begin none later.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="With --mutants: of the draw.")] = 1,
    cluster: ClusterAddress = "",
    output: Printed = "text",
) -> None:
    """Plant defects in a good design, on sim: is each of them seen, and nothing else?"""
    from harness.self_test.checks import Subject

    subject = Subject(target, design)
    if coverage:
        from harness.cli.self_test_coverage import coverage_command

        raise typer.Exit(coverage_command(package, workers, xml, subject, output=output))
    if mutants:
        from harness.cli.self_test_mutants import mutants_command

        code = mutants_command(
            package, seed, workers, subject,
            modules=modules, sample=sample, seconds=seconds, output=output, cluster=cluster,
        )  # fmt: skip
        raise typer.Exit(code)
    from harness.cli.self_test import self_test_command

    code = self_test_command(
        defects, seeds, workers, subject, quick=quick, output=output, cluster=cluster
    )
    raise typer.Exit(code)

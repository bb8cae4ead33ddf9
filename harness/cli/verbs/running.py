"""Verbs that run experiments: run, demo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import (
    RUNS,
    DesignRef,
    Manual,
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
from harness.cli.verbs.suites import (
    Baseline,
    Dry,
    Html,
    Jobs,
    JUnit,
    LastFailed,
    Metrics,
    OneSeed,
    RuntimeName,
    Shard,
    TimeLimit,
    WaiversFile,
)

Experiments = Annotated[
    list[str] | None,
    typer.Argument(help="Ids (X01), names, YAML files, folders; more than one is a suite."),
]
Tags = Annotated[list[str] | None, typer.Option(help="Those with this tag; may be given again.")]
Locustfile = Annotated[
    Path | None,
    typer.Option(help="Users of your own as the load, whose requests become the history."),
]
Users = Annotated[
    int | None, typer.Option(min=1, max=10_000, help="Of --locustfile; left out, 10.")
]
Web = Annotated[bool, typer.Option("--web", help="Show Locust's page on 127.0.0.1.")]
LoadWorkers = Annotated[
    int | None, typer.Option(min=1, max=64, help="Locust workers that share the load.")
]
MasterBind = Annotated[
    str, typer.Option(help="Where --workers of other machines join: ADDRESS or ADDRESS:PORT.")
]
Twice = Annotated[bool, typer.Option("--check-determinism", help="Run twice and compare; on sim.")]
Live = Annotated[
    bool, typer.Option("--live", help="Serve the report page on 127.0.0.1 while it runs.")
]


@app.command()
def run(
    experiments: Experiments = None,
    design: DesignRef = "hardened",
    runtime: RuntimeName = None,
    seed: OneSeed = None,
    output: Printed = "text",
    runs: RunsDir = RUNS,
    dry: Dry = False,
    twice: Twice = False,
    live: Live = False,
    repeat: Annotated[
        int, typer.Option(min=1, max=10_000, help="Run it so often: how do verdicts spread?")
    ] = 1,
    tags: Tags = None,
    jobs: Jobs = None,
    time_limit: TimeLimit = "",
    shard: Shard = "",
    last_failed: LastFailed = False,
    junit_xml: JUnit = None,
    html: Html = None,
    metrics: Metrics = None,
    baseline: Baseline = "",
    waivers: WaiversFile = None,
    target: TargetRef = "",
    topology: TopologyName = "",
    manual: Manual = False,
    rate: Rate = None,
    run_time: RunTime = None,
    var: Vars = None,
    locustfile: Locustfile = None,
    users: Users = None,
    web: Web = False,
    workers: LoadWorkers = None,
    master_bind: MasterBind = "",
) -> None:
    """Run an experiment against a design and judge it; several are a suite."""
    from harness.cli.export import Export
    from harness.cli.load_options import LoadOptions
    from harness.cli.run import ask, dry_command, repeat_command, run_command
    from harness.overrides import Overrides
    from harness.workload import USUAL_MAKER

    refs = experiments or []
    load = LoadOptions(locustfile, users, web, workers, master_bind)
    overrides = Overrides(rate, run_time, tuple(var or ()))
    export = Export(junit_xml, html, metrics)
    if not refs and not tags:
        raise typer.BadParameter("which? X01, a YAML file, a folder, or --tags", param_hint="run")
    many = len(refs) > 1 or tags or any(map(os.path.isdir, refs))
    gated = baseline or waivers or (repeat > 1 and export != Export())
    if many or gated or jobs or time_limit or shard or last_failed:
        from harness.cli.suite import SuiteOptions, selection_command

        _plain(twice=twice, live=live, load=load.given, option="more than one experiment")
        asked = SuiteOptions(
            design, runtime, seed, output, runs, target, overrides, jobs, time_limit, shard,
            last_failed, repeat if repeat > 1 else None, export,
            baseline, waivers, topology,
        )  # fmt: skip
        raise typer.Exit(selection_command(refs, tags or [], asked, dry=dry))
    order = ask(
        refs[0], design, runtime, seed, runs, target, overrides, topology, manual=manual,
        maker=load.maker() if load.given else USUAL_MAKER,
    )  # fmt: skip
    if dry:
        raise typer.Exit(dry_command(order, twice=twice))
    if repeat > 1:
        _plain(twice=twice, live=live, load=load.given, option="--repeat")
        raise typer.Exit(repeat_command(order, output, repeat))
    command = run_command(order, output, twice=twice, live=live, export=export)
    raise typer.Exit(command)


def _plain(*, twice: bool, live: bool, load: bool, option: str) -> None:
    if twice or live:
        raise typer.BadParameter("not with --check-determinism or --live", param_hint=option)
    if load:
        words = "--locustfile, --users, --web, --workers or --master-bind"
        raise typer.BadParameter(f"not with {words}: they are for one run", param_hint=option)


@app.command()
def worker(
    address: Annotated[str, typer.Argument(help="HOST:PORT, as the run printed it.")],
    locustfile: Locustfile = None,
) -> None:
    """Join the load of a run on this or another machine (run --master-bind)."""
    from harness.cli.worker import worker_command

    raise typer.Exit(worker_command(address, locustfile))


@app.command()
def demo(
    seed: SeedValue = 1,
    runs: RunsDir = RUNS,
) -> None:
    """See a loan paid twice in a naive design, and a hardened one survive the same fault."""
    from harness.cli.demo import demo_command

    raise typer.Exit(demo_command(seed, runs))

"""Verbs on many runs: suite, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import (
    RUNS,
    ClusterAddress,
    DesignRef,
    Printed,
    Rate,
    RunsDir,
    RunTime,
    TargetRef,
    TopologyName,
    Vars,
    app,
)
from harness.rng import SEED_MAX

JOBS_MAX = 64
Jobs = Annotated[
    int | None,
    typer.Option(min=1, max=JOBS_MAX, help="Runs at a time; left out, 1 below 4 cores."),
]
TimeLimit = Annotated[str, typer.Option(help="Begin nothing that would not end within, like 15m.")]
Shard = Annotated[str, typer.Option(help="2/4: the second of four parts, about equally long.")]
LastFailed = Annotated[bool, typer.Option("--last-failed", help="Those that failed last time.")]
JUnit = Annotated[Path | None, typer.Option(help="Write JUnit XML.", dir_okay=False)]
Html = Annotated[Path | None, typer.Option(help="Write the page.", dir_okay=False)]
Metrics = Annotated[
    Path | None, typer.Option(help="Write numbers for GitLab's metrics report.", dir_okay=False)
]
Baseline = Annotated[
    str, typer.Option(help="A run or a suite, folder or file: what it found does not fail.")
]
WaiversFile = Annotated[
    Path | None, typer.Option("--waivers", help="Findings that somebody answers for, until a day.")
]
RuntimeName = Annotated[
    str | None, typer.Option(help="A name of `harness list`; left out, the best that can.")
]
OneSeed = Annotated[int | None, typer.Option(min=0, max=SEED_MAX, help="Chosen when left out.")]
Dry = Annotated[bool, typer.Option("--dry", help="Print the plan; touch nothing.")]


@app.command()
def suite(
    name: Annotated[str, typer.Argument(help="smoke, pull-request, nightly, or a YAML file.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="What there is, what is lacking.")] = False,
    design: DesignRef = "hardened",
    runtime: RuntimeName = None,
    seed: OneSeed = None,
    output: Printed = "text",
    runs: RunsDir = RUNS,
    dry: Dry = False,
    jobs: Jobs = None,
    time_limit: TimeLimit = "",
    shard: Shard = "",
    last_failed: LastFailed = False,
    repeat: Annotated[
        int | None, typer.Option(min=1, max=100, help="How often each; else as the suite says.")
    ] = None,
    junit_xml: JUnit = None,
    html: Html = None,
    metrics: Metrics = None,
    baseline: Baseline = "",
    waivers: WaiversFile = None,
    target: TargetRef = "",
    topology: TopologyName = "",
    rate: Rate = None,
    run_time: RunTime = None,
    var: Vars = None,
    cluster: ClusterAddress = "",
) -> None:
    """Run many experiments, each with a fresh system, to one summary and one exit code."""
    from harness.cli.export import Export
    from harness.cli.suite import SuiteOptions, list_command, suite_command
    from harness.overrides import Overrides

    if list_:
        raise typer.Exit(list_command(output, target))
    if not name:
        raise typer.BadParameter("which suite?", param_hint="NAME")
    asked = SuiteOptions(
        design, runtime, seed, output, runs, target, Overrides(rate, run_time, tuple(var or ())),
        jobs, time_limit, shard, last_failed, repeat,
        Export(junit_xml, html, metrics), baseline, waivers, topology, cluster,
    )  # fmt: skip
    raise typer.Exit(suite_command(name, asked, dry=dry))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A run or a suite: folder, file or name.")],
    after: Annotated[str, typer.Argument(help="What it is compared with.")],
    output: Printed = "text",
    runs: RunsDir = RUNS,
) -> None:
    """Say what is new, gone, or worse from one run or suite to another."""
    from harness.cli.diff import diff_command

    raise typer.Exit(diff_command(before, after, output, runs))

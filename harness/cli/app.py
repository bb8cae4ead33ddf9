"""The application, and the options that several verbs take."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.rng import SEED_MAX

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Proves, before it happens, that a lending service keeps degrading gracefully.",
    epilog="exit codes: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 error, 5 unsafe, "
    "129/130/143 interrupted, 141 nobody reads the output",
)
faults = typer.Typer(no_args_is_help=True, help="Faults of this and of dead runs: list, clear.")
app.add_typer(faults, name="faults")
images = typer.Typer(no_args_is_help=True, help="Images of our own for --runtime docker.")
app.add_typer(images, name="images")
runs = typer.Typer(no_args_is_help=True, help="Recorded runs: list, prune.")
app.add_typer(runs, name="runs")
init = typer.Typer(no_args_is_help=True, help="First files: an experiment, a design, a target.")
app.add_typer(init, name="init")

Output = Literal["text", "json"]
Printed = Annotated[Output, typer.Option(help="How the result is printed.")]
DesignRef = Annotated[str, typer.Option("--design", help="A name or a path to a YAML file.")]
RecordedRun = Annotated[str, typer.Argument(help="A folder, an id or name, `latest`.")]
RunsDir = Annotated[Path, typer.Option(help="Folder for what runs leave.")]
RUNS = Path("runs")
WORKERS_MAX = min(64, 4 * len(os.sched_getaffinity(0)))  # chosen: more only wait for one another
SEEDS_MAX = 100_000
FAULTS_MAX = 6  # chosen: beyond it, the number of sets has no bound that a person would wait for
SeedValue = Annotated[int, typer.Option(min=0, max=SEED_MAX, help="Of every choice.")]
Number = Annotated[
    int | None,
    typer.Option(min=1, max=WORKERS_MAX, help="Processes; left out, one a core."),
]
ClusterAddress = Annotated[
    str,
    typer.Option(
        "--cluster", help="Scheduler of a Dask cluster that does it: tcp://127.0.0.1:8786."
    ),
]
Vars = Annotated[
    list[str] | None,
    typer.Option("--var", help="NAME=VALUE, may be given again: in place of what vars: says."),
]
Rate = Annotated[str | None, typer.Option(help="Arrivals, like 20/s: in place of load.arrivals.")]
RunTime = Annotated[
    str | None, typer.Option(help="Length of the load, like 60s: recovery takes what is left.")
]
TARGET = "A .yaml file, or a .py file or a module with TARGET; else the reference."
TopologyName = Annotated[
    str, typer.Option("--topology", help="Of the target, as two-regions; else its own.")
]
Manual = Annotated[
    bool, typer.Option("--manual", help="You are on call: Enter answers what a runbook asks.")
]
TargetRef = Annotated[str, typer.Option("--target", help=TARGET)]


def _version(asked: bool) -> None:
    if asked:
        print(f"harness {version('chaos-harness')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every verb; the help text is the application's."""

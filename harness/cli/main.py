"""`harness`: finds the verb, turns errors into one-line causes and exit codes."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.cli.endings import launch
from harness.rng import SEED_MAX

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
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

Output = Literal["text", "json"]
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
TargetRef = Annotated[
    str, typer.Option("--target", help="A .py file or a module with TARGET; else the reference.")
]


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


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(help="An id (X01), a name, or a YAML file.")],
    design: Annotated[str, typer.Option(help="A name or a path to a YAML file.")] = "hardened",
    runtime: Annotated[
        str | None, typer.Option(help="A name of `harness list`; left out, the best here.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=SEED_MAX, help="Chosen when left out.")
    ] = None,
    output: Annotated[Output, typer.Option(help="How the result is printed.")] = "text",
    runs: RunsDir = RUNS,
    dry: Annotated[bool, typer.Option("--dry", help="Print the plan; touch nothing.")] = False,
    twice: Annotated[
        bool, typer.Option("--check-determinism", help="Run twice and compare; on sim.")
    ] = False,
    target: TargetRef = "",
) -> None:
    """Run an experiment against a design and judge it."""
    from harness.cli.run import dry_command, run_command

    if dry:
        raise typer.Exit(
            dry_command(experiment, design, runtime, seed, runs, target=target, twice=twice)
        )
    raise typer.Exit(
        run_command(experiment, design, runtime, seed, output, runs, target=target, twice=twice)
    )


@app.command()
def demo(
    seed: SeedValue = 1,
    runs: RunsDir = RUNS,
) -> None:
    """See a loan paid twice in a naive design, and a hardened one survive the same fault."""
    from harness.cli.demo import demo_command

    raise typer.Exit(demo_command(seed, runs))


@app.command()
def validate(
    experiment: Annotated[str, typer.Argument(help="An id, a name, or a path.")],
    design: Annotated[str, typer.Option(help="A name or a path.")] = "hardened",
    target: TargetRef = "",
) -> None:
    """Check an experiment and a design; start nothing."""
    from harness.cli.validate import validate_command

    raise typer.Exit(validate_command(experiment, design, target))


@app.command("list")
def list_(target: TargetRef = "") -> None:
    """Experiments, designs, faults, invariants and journeys that there are."""
    from harness.cli.listing import list_command

    raise typer.Exit(list_command(target))


@app.command()
def doctor() -> None:
    """What this machine has, which parts were taken, and what is missing."""
    from harness.cli.doctor import doctor_command

    raise typer.Exit(doctor_command())


@app.command()
def parts() -> None:
    """Find or make the real parts (Toxiproxy, PostgreSQL); done once."""
    from harness.cli.doctor import parts_command

    raise typer.Exit(parts_command())


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="A folder, an experiment, `latest`.")] = "latest",
    output: Annotated[Output, typer.Option(help="How the result is printed.")] = "text",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Judge a recorded run again from its history and show the result."""
    from harness.cli.report import report_command

    raise typer.Exit(report_command(run, output, runs, target))


@app.command()
def replay(
    run: Annotated[str, typer.Argument(help="A folder, an experiment, `latest`.")] = "latest",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Repeat a recorded run on sim: the same, or the first event that differs."""
    from harness.cli.replay import replay_command

    raise typer.Exit(replay_command(run, runs, target))


@app.command()
def explore(
    design: Annotated[str, typer.Option(help="A name or a path to a YAML file.")] = "hardened",
    journey: Annotated[
        list[str] | None, typer.Option(help="May be given again; they start together.")
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
    output: Annotated[Output, typer.Option(help="How the result is printed.")] = "text",
    runs: RunsDir = RUNS,
) -> None:
    """Search for the smallest sets of faults that break a design, on sim."""
    from harness.cli.explore import ExploreOptions, explore_command

    journeys = tuple(journey or ["consumer"])
    asked = ExploreOptions(
        design, journeys, faults, budget, workers, seed, target,
        exact=exact, swarm=swarm, environment=tuple(environment or ()), runs=runs,
    )  # fmt: skip
    raise typer.Exit(explore_command(asked, confirming=confirm, output=output))


@app.command()
def shrink(
    run: Annotated[str, typer.Argument(help="A folder, an experiment, `latest`.")] = "latest",
    invariant: Annotated[
        str, typer.Option(help="What has to stay broken; left out, the first that broke.")
    ] = "",
    runs: RunsDir = RUNS,
    target: TargetRef = "",
) -> None:
    """Make a failing run on sim smaller while the same invariant breaks."""
    from harness.cli.shrink import shrink_command

    raise typer.Exit(shrink_command(run, invariant, runs, target))


@app.command("self-test")
def self_test(
    defects: Annotated[
        Path | None, typer.Option(help="Folder of defects; left out, those that come along.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=0, max=SEEDS_MAX, help="Runs of the good design.")
    ] = 200,
    workers: Number = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave a defect as soon as it is caught.")
    ] = False,
    output: Annotated[Output, typer.Option(help="How the result is printed.")] = "text",
) -> None:
    """Plant defects in a good design, on sim: is each of them seen, and nothing else?"""
    from harness.cli.self_test import self_test_command

    raise typer.Exit(self_test_command(defects, seeds, workers, quick=quick, output=output))


@app.command()
def up(
    runtime: Annotated[str, typer.Option(help="docker or process.")] = "docker",
    design: Annotated[
        str | None, typer.Option(help="A name or a path to a YAML file; left out, hardened.")
    ] = None,
    target: TargetRef = "",
) -> None:
    """Bring up the whole system, to look at; it stands until `harness down`."""
    from harness.cli.up import up_command

    raise typer.Exit(up_command(runtime, design, target))


@app.command()
def down() -> None:
    """Take down what `harness up` left standing, and nothing else."""
    from harness.cli.up import down_command

    raise typer.Exit(down_command())


@faults.command("list")
def faults_list() -> None:
    """What may be active: faults of every run that has not ended."""
    from harness.cli.faults import list_command

    raise typer.Exit(list_command())


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
def images_list() -> None:
    """Which images a run takes, how large they are, and which are not made yet."""
    from harness.cli.images import list_command

    raise typer.Exit(list_command())


def main() -> None:
    """Entry of the `harness` command."""
    sys.exit(launch(lambda: app(standalone_mode=False), sys.argv[1:]))

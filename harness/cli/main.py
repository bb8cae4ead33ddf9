"""`harness`: finds the verb, turns errors into one-line causes and exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.errors import ConfigError, HarnessError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Proves, before it happens, that a lending service keeps degrading gracefully.",
    epilog="exit codes: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 error, 5 unsafe, "
    "130/143 interrupted",
)
faults = typer.Typer(no_args_is_help=True, help="Faults of this and of dead runs: list, clear.")
app.add_typer(faults, name="faults")

Output = Literal["text", "json"]
RunsDir = Annotated[Path, typer.Option(help="Folder for what runs leave.")]
RUNS = Path("runs")


@app.command()
def run(
    experiment: Annotated[str, typer.Argument(help="An id (X01), a name, or a YAML file.")],
    design: Annotated[str, typer.Option(help="A name or a path to a YAML file.")] = "hardened",
    runtime: Annotated[str, typer.Option(help="Where it runs.")] = "process",
    seed: Annotated[int | None, typer.Option(help="0 .. 4294967295; chosen when left out.")] = None,
    output: Annotated[Output, typer.Option(help="How the result is printed.")] = "text",
    runs: RunsDir = RUNS,
    dry: Annotated[bool, typer.Option("--dry", help="Print the plan; touch nothing.")] = False,
) -> None:
    """Run an experiment against a design and judge it."""
    from harness.cli.run import dry_command, run_command

    if dry:
        raise typer.Exit(dry_command(experiment, design, runtime, seed, runs))
    raise typer.Exit(run_command(experiment, design, runtime, seed, output, runs))


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="0 .. 4294967295.")] = 1,
    runs: RunsDir = RUNS,
) -> None:
    """See a loan paid twice in a naive design, and a hardened one survive the same fault."""
    from harness.cli.demo import demo_command

    raise typer.Exit(demo_command(seed, runs))


@app.command()
def validate(
    experiment: Annotated[str, typer.Argument(help="An id, a name, or a path.")],
    design: Annotated[str, typer.Option(help="A name or a path.")] = "hardened",
) -> None:
    """Check an experiment and a design; start nothing."""
    from harness.cli.validate import validate_command

    raise typer.Exit(validate_command(experiment, design))


@app.command("list")
def list_() -> None:
    """Experiments, designs, faults, invariants and journeys that there are."""
    from harness.cli.listing import list_command

    raise typer.Exit(list_command())


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
) -> None:
    """Judge a recorded run again from its history and show the result."""
    from harness.cli.report import report_command

    raise typer.Exit(report_command(run, output, runs))


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


def main() -> None:
    """Entry of the `harness` command."""
    try:
        app()
    except ConfigError as error:
        for problem in error.problems:
            print(f"harness: {problem}", file=sys.stderr)
        sys.exit(error.exit_code)
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)

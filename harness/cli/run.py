"""`harness run`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness.cli.console import progress, stdout
from harness.errors import ConfigError, Problem
from harness.orders import Order, prepare
from harness.report.plan import plan_lines
from harness.report.terminal import show
from harness.rng import SEED_MAX, Seed, fresh_seed
from harness.session import run
from harness.store import result_document


def run_command(
    experiment: str, design: str, runtime: str, seed: int | None, output: str, runs: Path
) -> int:
    """Run and print.

    Returns:
        the exit code of the verdict.
    """
    say = progress()
    prepared = prepare(Order(experiment, design, runtime, choose(seed), runs))
    title = f"{prepared.experiment.id} {prepared.experiment.title}"
    say(f"{title}, design {design}, seed {prepared.order.seed.value}")
    result = run(prepared, say)
    if output == "json":
        print(json.dumps(result_document(result), indent=2, default=str))
    else:
        show(result, stdout())
    if result.exit_code and output == "json":
        print(f"harness: seed {result.seed}; repeat: {result.repeat}", file=sys.stderr)
    return result.exit_code


def dry_command(experiment: str, design: str, runtime: str, seed: int | None, runs: Path) -> int:
    """Print the whole plan.

    Returns:
        0; problems are raised.
    """
    prepared = prepare(Order(experiment, design, runtime, choose(seed), runs))
    for line in plan_lines(prepared.experiment, prepared.words.target, runtime):
        print(line)
    return 0


def choose(seed: int | None) -> Seed:
    """The seed that was given, or a fresh one.

    Raises:
        ConfigError: out of range.
    """
    if seed is None:
        return fresh_seed()
    if not 0 <= seed <= SEED_MAX:
        raise ConfigError(Problem(f"seed {seed}", "--seed", f"0..{SEED_MAX}"))
    return Seed(seed)

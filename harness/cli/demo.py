"""`harness demo`: the same fault on two designs, from a clean machine to two verdicts."""

from __future__ import annotations

from pathlib import Path

from harness.cli.console import progress, stdout
from harness.model import RunResult, RunVerdict
from harness.prepare import RunRequest, prepare
from harness.report.terminal import show
from harness.rng import Seed
from harness.session import run

EXPERIMENT = "X01"
EXPECTED = {"naive": RunVerdict.FAIL, "hardened": RunVerdict.PASS}
NEXT = """
try next
  harness run X20 --design naive        the risk engine is down: who gets a loan?
  harness run X31                       a funder is down before it commits
  harness list                          every experiment, design, fault and invariant
results  {folders}
"""


def demo_command(seed: int, runs: Path) -> int:
    """Run X01 on `naive`, then on `hardened`.

    Returns:
        0 when the first failed and the second passed, else the exit code of what went otherwise.
    """
    say, console = progress(), stdout()
    results: list[RunResult] = []
    for design in EXPECTED:
        prepared = prepare(RunRequest(EXPERIMENT, design, "process", Seed(seed), runs))
        say(f"{EXPERIMENT} {prepared.experiment.title}, design {design}, seed {seed}")
        results.append(run(prepared, say))
        show(results[-1], console)
        console.print()
        if results[-1].verdict is not EXPECTED[design]:
            console.print(f"the demo expected {EXPECTED[design].value.upper()} here")
            return results[-1].exit_code or 1
    console.print(
        "The naive design paid a loan twice under this fault; the hardened one did not.\n"
        "Both answers came from the gateway's own ledger, not from what the service said."
    )
    console.print(NEXT.format(folders=", ".join(result.run_dir for result in results)))
    return 0

"""Every experiment in containers, on both designs: naive must fail, hardened must pass.

python -m bench.docker_matrix [--seed 1] [--only X01 X20] [--designs naive hardened] [--runs DIR]

One run at a time; a minute for both designs of one experiment. An experiment with a fault that
the runtime has no power for is said to be refused (exit 2) and is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.registry import experiment_files
from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.images import build

HARNESS = str(Path(sys.executable).with_name("harness"))
EXPECTED = {"naive": 1, "hardened": 0}  # exit codes: a design that fails, one that passes
REFUSED = 2
ROW = "{:<28} {:<9} {:>4}  {:<30} {:>7}  {:>4}  {}"


@dataclass(frozen=True)
class Ran:
    """What became of one run."""

    experiment: str
    design: str
    exit_code: int
    broken: str
    seconds: float
    busy: float
    why: str

    @property
    def expected(self) -> bool:
        """Whether it came out as it must."""
        return self.exit_code in (EXPECTED[self.design], REFUSED)

    def __str__(self) -> str:
        """One row of the table."""
        why = "" if self.expected and self.exit_code != REFUSED else self.why
        took_s, busy = f"{self.seconds:.1f}", f"{self.busy:.0f}"
        row = (self.experiment, self.design, self.exit_code, self.broken, took_s, busy, why)
        return ROW.format(*row).rstrip()


def main() -> int:
    """Print a row as soon as a run is over.

    Returns:
        0 when every run came out as expected, else 1.
    """
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", nargs="*", default=[], help="X01, X20: those alone")
    options.add_argument("--designs", nargs="*", default=list(EXPECTED), choices=list(EXPECTED))
    options.add_argument("--runs", help="keep the runs' folders here")
    given = options.parse_args()
    client = connect()
    build(client, print)
    client.close()
    print(ROW.format("experiment", "design", "exit", "first violated", "seconds", "load", "why"))
    with tempfile.TemporaryDirectory(prefix="chaos-harness-matrix-") as folder:
        rows = list(matrix(given, Path(given.runs or folder)))
    wrong = [row for row in rows if not row.expected]
    print(f"{len(rows)} runs, {len(wrong)} not as expected")
    return 1 if wrong else 0


def matrix(given: argparse.Namespace, runs: Path) -> Iterator[Ran]:
    """Run after run."""
    wanted = tuple(name.lower() for name in given.only)
    for name in experiment_files():
        if wanted and not name.startswith(wanted):
            continue
        for design in given.designs:
            row = one(name, design, given.seed, runs)
            print(row, flush=True)
            yield row


def one(experiment: str, design: str, seed: int, runs: Path) -> Ran:
    """One run; `busy` is the machine's load average when it ended."""
    began_s = time.monotonic()
    order = ["--design", design, "--seed", str(seed), "--output", "json", "--runs", str(runs)]
    done = subprocess.run(
        [HARNESS, "run", str(experiment_files()[experiment]), "--runtime", "docker", *order],
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.monotonic() - began_s
    told = document(done.stdout)
    broken = [one["name"] for one in told["invariants"] if one["verdict"] == "invalid"]
    said = " ".join(done.stderr.split())
    why = " | ".join(told["reasons"][:3]) or said[-300:]
    busy = os.getloadavg()[0]
    first = next(iter(broken), "")
    return Ran(experiment[:28], design, done.returncode, first, took_s, busy, why)


def document(text: str) -> Mapping[str, Any]:
    """The result as the run printed it; an empty one when it was refused."""
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"invariants": [], "reasons": []}
    return found


if __name__ == "__main__":
    sys.exit(main())

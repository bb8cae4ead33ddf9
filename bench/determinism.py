"""One seed, one history: the digest of runs in many fresh processes with random hash seeds.

python -m bench.determinism [--processes 24]
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
ONE_RUN = """
import sys
from pathlib import Path
from harness.determinism import digest
from harness.history_reader import read_history
from harness.prepare import RunRequest, prepare
from harness.rng import Seed
from harness.session import run
heap = [[n] for n in range(int(sys.argv[2]))]
prepared = prepare(RunRequest(sys.argv[3], sys.argv[4], "sim", Seed(11), Path(sys.argv[1])))
result = run(prepared, lambda text: None)
print(digest(read_history(Path(result.run_dir) / "history.jsonl")))
"""


def main() -> None:
    """Print how many digests each experiment and design gave: one is right."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--processes", type=int, default=24)
    processes: int = options.parse_args().processes
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        for experiment, design in (("X01", "naive"), ("X01", "hardened"), ("X20", "hardened")):
            seen = Counter(
                one_run(Path(folder) / f"{n}", experiment, design) for n in range(processes)
            )
            digests = ", ".join(f"{digest[:16]} x{times}" for digest, times in seen.items())
            print(f"{experiment} {design:<9} {processes} processes, {len(seen)} history: {digests}")


def one_run(runs: Path, experiment: str, design: str) -> str:
    """The digest of one run in a process of its own, with another hash seed and another heap."""
    env = {**os.environ, "PYTHONHASHSEED": str(secrets.randbelow(2**32))}
    heap = str(secrets.randbelow(200_000))
    done = subprocess.run(
        [sys.executable, "-c", ONE_RUN, str(runs), heap, experiment, design],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout.strip()


if __name__ == "__main__":
    main()

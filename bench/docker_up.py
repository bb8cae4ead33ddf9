"""How long the whole system takes to be up and healthy: `harness up` beside `docker compose up`.

python -m bench.docker_up [--times 5]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.images import expected

ROOT = Path(__file__).parents[1]
HARNESS = str(Path(sys.executable).with_name("harness"))
PROJECT = "chaos-harness-bench"
# Beside a system that somebody is looking at.
OTHER_PLACES = {"SUBNET": "198.19.254.0/24", "ENTRY_PORT": "18080", "TOXIPROXY_PORT": "18474"}
COMPOSE = ["docker", "compose", "-p", PROJECT, "-f", str(ROOT / "compose/compose.yaml")]
WAYS: dict[str, tuple[list[str], list[str]]] = {
    "harness up": ([HARNESS, "up"], [HARNESS, "down"]),
    "docker compose up": ([*COMPOSE, "up", "--wait"], [*COMPOSE, "down", "--volumes"]),
}


def main() -> None:
    """Print the seconds of each, their medians, the worst, and the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    if why := obstacle():
        print(f"skipped: {why}")
        return
    with tempfile.TemporaryDirectory(prefix="chaos-harness-up-") as cache:
        found = measured(given.times, {**os.environ, **settings(), "HARNESS_CACHE": cache})
    for way, seconds in found.items():
        each = " ".join(f"{one:.1f}" for one in sorted(seconds))
        middle, worst = statistics.median(seconds), max(seconds)
        failed = given.times - len(seconds)
        print(f"{way:<18} median {middle:5.1f} s  worst {worst:5.1f} s  failed {failed}  of {each}")
    ours, theirs = (statistics.median(seconds) for seconds in found.values())
    print(f"ratio of the medians {ours / theirs:.2f}; load of the machine {os.getloadavg()[0]:.1f}")


def settings() -> dict[str, str]:
    """For compose: places of its own, and the images that `harness up` takes as well."""
    images = {f"{name.upper()}_IMAGE": image for name, image in asdict(expected()).items()}
    return {**OTHER_PLACES, **images}


def measured(times: int, env: Mapping[str, str]) -> dict[str, list[float]]:
    """Seconds of each way, in turn; the first of each is not counted: it warms caches."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(times + 1):
        for way, (up, down) in WAYS.items():
            try:
                seconds = timed(up, env)
            finally:
                timed(down, env)
            if number and seconds is not None:
                found[way].append(seconds)
    return found


def obstacle() -> str:
    """Why nothing can be measured here, "" when it can."""
    try:
        connect().close()
    except RuntimeFailure as why:
        return str(why)
    run([HARNESS, "images", "build"], os.environ)
    docker = shutil.which("docker")
    if docker is None or run([docker, "compose", "version"], os.environ).returncode:
        return "no docker compose here"
    return ""


def timed(command: list[str], env: Mapping[str, str]) -> float | None:
    """Seconds that a command took; None, and its last words, when it failed."""
    started = time.monotonic()
    done = run(command, env)
    if done.returncode:
        print(f"{' '.join(command)}: exit code {done.returncode}: {done.stdout.strip()[-200:]}")
        return None
    return time.monotonic() - started


def run(command: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    pipe = subprocess.PIPE
    return subprocess.run(
        command, env=env, stdout=pipe, stderr=subprocess.STDOUT, text=True, check=False
    )


if __name__ == "__main__":
    main()

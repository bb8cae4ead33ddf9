"""`harness worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness.cli.load_options import file_problems
from harness.errors import ConfigError, Problem
from harness.load.command import AFTER_S, JOIN_S_MAX, START_S, TOKEN, worker
from harness.text import quoted


def worker_command(address: str, locustfile: Path | None) -> int:
    """Become a Locust worker of a run; it ends with the load of that run.

    Args:
        address: HOST:PORT of its load.
        locustfile: the one that the run was given.

    Raises:
        ConfigError: no address, no such file, or the token of the run is not set.
    """
    problems = [] if locustfile is None else list(file_problems(locustfile))
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        problems.append(Problem(f"no address {quoted(address)}", "worker", "HOST:PORT"))
    if not os.environ.get(TOKEN):
        remedy = "paste the line that the run printed"
        problems.append(
            Problem(f"{TOKEN} is not set", "environment", "the token of the run", remedy)
        )
    if problems:
        raise ConfigError(problems)
    file = "" if locustfile is None else str(locustfile.resolve())
    command = [sys.executable, "-P", "-m", "locust", *worker(address, file)]
    os.execve(command[0], command, {**os.environ, START_S: f"{JOIN_S_MAX + AFTER_S:g}"})

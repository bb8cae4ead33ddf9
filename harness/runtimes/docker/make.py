"""A runtime with the engine and the images of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import RuntimeFailure
from harness.runtimes.docker import images
from harness.runtimes.docker.engine import connect
from harness.runtimes.docker.runtime import DockerRuntime

T = TypeVar("T")


def make(run_id: str, run_dir: Path, seed: int, token: str, *, look: bool = False) -> DockerRuntime:
    """A runtime for one run.

    Args:
        look: for a system that people look at: every program is published on 127.0.0.1.

    Raises:
        RuntimeFailure: no engine answers, or an image is missing; says how to get it.
    """
    wanted = images.expected()
    client = connect()
    try:
        if absent := images.missing(client, wanted):
            raise RuntimeFailure(
                f"no image {', '.join(absent)}: not made yet, or a source file has changed since; "
                "run: harness images build"
            )
    finally:
        client.close()
    return DockerRuntime(run_id, run_dir, seed, token, wanted, look=look)


def run(work: Coroutine[Any, Any, T], seed: int) -> T:
    """Run in real time; the order of what happens is the machine's, whatever the seed."""
    return asyncio.run(work)

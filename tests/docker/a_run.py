"""A started run of the reference service in containers, and what a test needs to look at it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chaos.targets.reference import TARGET
from harness.registry import design_files
from harness.runtime_kind import RunContext
from harness.runtimes.docker.engine import RUN, connect
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.runtime import DockerRuntime
from harness.yaml_source import load_yaml, plain

TOKEN = "token-of-the-test"  # noqa: S105 - protects nothing


def hardened() -> dict[str, Any]:
    """The design that keeps its promises."""
    design: dict[str, Any] = plain(load_yaml(design_files()["hardened"]))
    return design


def a_runtime(folder: Path, images: Images, name: str = "run") -> DockerRuntime:
    """A runtime that keeps its things in `folder`."""
    run_id = f"{folder.parent.name}-{folder.name}-{name}"
    return DockerRuntime(RunContext(run_id, folder, 7, TOKEN), images)


@asynccontextmanager
async def started(folder: Path, images: Images) -> AsyncIterator[DockerRuntime]:
    """A run of the reference service; afterwards nothing of it may be left."""
    runtime = a_runtime(folder, images)
    await runtime.start(TARGET, hardened())
    try:
        yield runtime
    finally:
        left = await runtime.stop()
    assert left == []


def objects_of(run_dir: Path) -> list[str]:
    """Containers, volumes and networks that carry the label of a run, as the engine has them."""
    mark = json.loads((run_dir / "recovery.json").read_text())["mark"]
    label = {"label": f"{RUN}={mark}"}
    client = connect()
    try:
        found = [
            *client.containers.list(all=True, ignore_removed=True, filters=label),
            *client.volumes.list(filters=label),
            *client.networks.list(filters=label),
        ]
    finally:
        client.close()
    return [one.name for one in found]


def in_loop(test: Callable[[], Coroutine[Any, Any, None]], within_s: float = 120) -> None:
    """Run an asynchronous test body."""
    asyncio.run(asyncio.wait_for(test(), within_s))

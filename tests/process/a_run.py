"""A started run of the trivial target, and what a test needs to look at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from harness.runtime_kind import RunContext
from harness.runtimes.process.plan import Parts
from harness.runtimes.process.runtime import ProcessRuntime
from harness.target import Target
from harness.toolchain import cache_dir, provide_postgres, provide_toxiproxy

TOKEN = "token-of-the-test"  # noqa: S105 - protects nothing


@cache
def parts() -> Parts:
    """The real parts, made on first use."""
    return Parts(provide_toxiproxy(print).path, provide_postgres(print).path)


def a_runtime(folder: Path, name: str) -> ProcessRuntime:
    """A runtime that keeps its things in `folder`."""
    run_id = f"{folder.parent.name}-{folder.name}-{name}"  # the parent is this session's own
    return ProcessRuntime(
        RunContext(run_id, folder / name, 7, TOKEN),
        parts(),
        template_dir=cache_dir() / "templates",
    )


@asynccontextmanager
async def started(folder: Path, target: Target, name: str = "run") -> AsyncIterator[ProcessRuntime]:
    """A run of `target`; afterwards nothing of it may be left."""
    runtime = a_runtime(folder, name)
    await runtime.start(target, {})
    try:
        yield runtime
    finally:
        left = await runtime.stop()
    assert left == []


def in_loop(test: Callable[[], Coroutine[Any, Any, None]], within_s: float = 40) -> None:
    """Run an asynchronous test body."""
    asyncio.run(asyncio.wait_for(test(), within_s))

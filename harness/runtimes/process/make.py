"""A runtime with the parts and folders of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import RuntimeFailure
from harness.runtimes.process.plan import Parts
from harness.runtimes.process.runtime import ProcessRuntime
from harness.toolchain import Missing, Part, cache_dir, find_postgres, find_toxiproxy

T = TypeVar("T")


def make(
    run_id: str, run_dir: Path, seed: int, token: str, *, look: bool = False
) -> ProcessRuntime:
    """A runtime for one run; data that goes with the run lies in the cache meanwhile.

    Args:
        look: for a system that people look at; everything is on 127.0.0.1 anyway.

    Raises:
        RuntimeFailure: a part is missing; says how to get it.
    """
    parts = Parts(_path(find_toxiproxy()), _path(find_postgres()))
    cache = cache_dir()
    return ProcessRuntime(
        run_id,
        run_dir,
        seed,
        token,
        parts,
        work_dir=cache / "work" / run_id,
        template_dir=cache / "templates",
    )


def run(work: Coroutine[Any, Any, T], seed: int) -> T:
    """Run in real time; the order of what happens is the machine's, whatever the seed."""
    return asyncio.run(work)


def _path(part: Part | Missing) -> Path:
    if isinstance(part, Missing):
        refused = "".join(f"\n  refused: {other}" for other in part.others)
        raise RuntimeFailure(f"{part.name} is missing: {part.remedy}{refused}")
    return part.path

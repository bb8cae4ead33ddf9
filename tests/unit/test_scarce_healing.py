"""Who ends a run with few descriptors and little memory left: what it opens, and what it has."""

from __future__ import annotations

import asyncio
import os
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.runtime_kind import Recovery, State
from harness.undo.recovery import Known
from harness.undo.watchdogs import can_heal


def test_whoever_may_open_hardly_anything_does_not_begin_to_undo() -> None:
    """And what it tried to open is closed again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    first_free = os.dup(0)
    os.close(first_free)
    assert can_heal()
    resource.setrlimit(resource.RLIMIT_NOFILE, (first_free + 1, hard))
    try:
        able = can_heal()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert not able
    assert can_heal()


def test_what_ends_a_run_is_loaded_while_there_is_memory_and_once(tmp_path: Path) -> None:
    """Nothing is looked at before anything is known of the run."""
    looks: list[State] = []

    def look(state: State) -> list[str]:
        looks.append(state)
        return []

    nothing = Recovery(*(_refuse,) * 6)
    known = Known("run", tmp_path, runtime=replace(nothing, alive=look))

    asyncio.run(known.warm_up())
    assert not looks
    known.state = {"mark": "run"}
    asyncio.run(known.warm_up())
    asyncio.run(known.warm_up())

    assert len(looks) == 1


def _refuse(*_: object) -> Any:
    raise NotImplementedError

"""Taking hold of a run from another process: to heal it, to end it, to see what lives of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from harness.clock import RunClock, monotonic_ns
from harness.json_types import JsonObject
from harness.runtime_kind import Found
from harness.runtimes.docker.checking import check
from harness.runtimes.docker.cleanup import end_run, left_over
from harness.runtimes.docker.controls import controls_of
from harness.runtimes.docker.engine import CACHE, OWNER, PROGRAM, RUN, Engine, connect, there
from harness.runtimes.docker.site import Site
from harness.runtimes.real.attached import Attached, apart, found_again, found_run
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.procs import MARKED
from harness.runtimes.real.recovery import RecoveryFile
from harness.toolchain import cache_dir

T = TypeVar("T")
NAME = "docker"


def recover(run_dir: Path, run_id: str) -> dict[str, object]:
    """The recovery state of a run, from its folder.

    Raises:
        RuntimeFailure: there is none, or it is not as the run wrote it.
    """
    return RecoveryFile(RunFolders(run_id, run_dir), check).read()


async def attach(state: Mapping[str, object]) -> Attached:
    """Rebuild the controls of a run from its recovery state.

    Args:
        state: as `recover` or `DockerRuntime.recovery_state` gave it.

    Raises:
        RuntimeFailure: no engine answers.
    """
    site = Site(*found_again(state, check))
    return Attached(NAME, site, controls_of(site))


def end_processes(state: JsonObject) -> list[str]:
    """Remove everything of a run; blocks until that is done.

    Returns:
        what is left; empty when clean.
    """
    clock = RunClock(monotonic_ns())
    return apart(_with_engine(state["mark"], lambda engine: end_run(state, engine, clock)))


def alive(state: JsonObject) -> list[str]:
    """What exists of a run: `container RUN.payment_a (running)`."""
    return apart(_with_engine(state["mark"], lambda engine: left_over(state, engine)))


def found() -> list[Found]:
    """Every run of this cache of which a container, volume or network exists, by labels alone.

    None where there is no engine.

    Raises:
        RuntimeFailure: there is one, and it does not let us look.
    """
    runs: dict[str, list[tuple[str, str]]] = {}
    for mark, owner, what in _labelled():
        if marked := MARKED.fullmatch(mark):
            runs.setdefault(marked["run_id"], []).append((owner, what))
    return [
        found_run(run_id, ones[0][0], [what for _, what in ones])
        for run_id, ones in sorted(runs.items())
    ]


def end_found(run_id: str) -> list[str]:
    """Remove everything that carries a label of this run; blocks.

    Returns:
        what is left; empty when clean.
    """
    left: list[str] = []
    for mark in sorted({mark for mark, _, _ in _labelled() if _run_id(mark) == run_id}):
        bare = {"mark": mark, "run_dir": "/nonexistent", "data_dir": "/nonexistent"}
        left += end_processes(bare)
    return left


def _run_id(mark: str) -> str:
    marked = MARKED.fullmatch(mark)
    return marked["run_id"] if marked else ""


def _labelled() -> list[tuple[str, str, str]]:
    """Mark, owner and name of every object of this cache's runs."""
    if not there():
        return []
    client = connect()
    try:
        wanted = {"label": [RUN, f"{CACHE}={cache_dir()}"]}
        objects = [
            *client.containers.list(all=True, ignore_removed=True, filters=wanted),
            *client.volumes.list(filters=wanted),
            *client.networks.list(filters=wanted),
        ]
        return [_labels(one) for one in objects]
    finally:
        client.close()


def _labels(one: Any) -> tuple[str, str, str]:
    config = one.attrs.get("Config", one.attrs)
    labels = config.get("Labels") or {}
    what = f"{type(one).__name__.lower()} {labels.get(PROGRAM, one.name)}"
    return labels.get(RUN, ""), labels.get(OWNER, ""), what


async def _with_engine(mark: str, work: Callable[[Engine], Awaitable[T]]) -> T:
    engine = Engine(mark)
    try:
        return await work(engine)
    finally:
        engine.close()

"""Ending a run in containers: keep the logs, remove everything that carries its label, look."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.clock import Clock
from harness.errors import RuntimeFailure
from harness.json_types import JsonObject
from harness.runtimes.docker.engine import PROGRAM, Engine
from harness.runtimes.docker.plan import data_folder
from harness.runtimes.real.procs import members

ROUNDS = 5
AT_ONCE = 16  # chosen: more than a run has; what was refused then is tried one after the other,
# since each call takes a descriptor, of which there may be few
LOOK_AGAIN_S = 0.5  # chosen: a call that its caller did not live to see is through by then
END_S = 2.0  # chosen: the load ends within that time of SIGTERM
POLL_S = 0.02


async def end_run(state: JsonObject, engine: Engine, clock: Clock) -> list[str]:
    """Remove every container, volume and network of the run, and end its load.

    The engine may still be at work on a call of a harness that was killed, so it is looked at
    again until nothing turns up twice in a row.

    Returns:
        what could not be ended or removed; empty when clean.
    """
    await _end_load(state, clock)
    left: list[str] = []
    clean_before = False
    for number in range(ROUNDS):
        at_once = 1 if number else AT_ONCE
        problems = await _remove_all(engine, Path(state["run_dir"]) / "logs", at_once)
        await asyncio.to_thread(_remove_data, Path(state["run_dir"]))
        left = await left_over(state, engine)
        if not left and clean_before:
            break
        clean_before = not left
        left = left and [*left, *problems]
        await clock.sleep(LOOK_AGAIN_S)
    return left


async def left_over(state: Mapping[str, object], engine: Engine) -> list[str]:
    """Everything of the run that exists: containers, volumes, networks, processes."""
    containers = await engine.containers()  # one after the other: each takes a descriptor
    volumes, networks = await engine.volumes(), await engine.networks()
    found = [f"container {one.name} ({one.status})" for one in containers]
    found += [f"volume {one.name}" for one in volumes]
    found += [f"network {one.name}" for one in networks]
    if (data := data_folder(Path(str(state["run_dir"])))).exists():
        found.append(f"folder {data}")
    return found + [str(proc) for proc in members(state)]


def _remove_data(run_dir: Path) -> None:
    """Of two databases; what is left is told by `left_over`."""
    shutil.rmtree(data_folder(run_dir), ignore_errors=True)


async def _end_load(state: Mapping[str, object], clock: Clock) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for proc in members(state):
            proc.send(signal.SIGCONT)  # one that is stopped hears nothing else
            proc.send(number)
        deadline_s = clock.now_s() + END_S
        while members(state) and clock.now_s() < deadline_s:
            await clock.sleep(POLL_S)


async def _remove_all(engine: Engine, logs: Path, at_once: int) -> list[str]:
    """Containers first: volumes and networks cannot go before them.

    Returns:
        what the engine refused, and what this process had no descriptor or thread for.
    """
    turn = asyncio.Semaphore(at_once)

    async def remove(container: Any) -> None:
        async with turn:
            await _remove_container(engine, container, logs)

    answers = await asyncio.gather(
        *(remove(one) for one in await engine.containers()), return_exceptions=True
    )
    rest = [*await engine.volumes(), *await engine.networks()]
    answers += await asyncio.gather(*(_let_go(engine, one) for one in rest), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Exception):
            raise answer
    return [str(answer) for answer in answers if isinstance(answer, Exception)]


async def _let_go(engine: Engine, thing: Any) -> None:
    """Remove a volume, or a network: whoever is on it still, or is said to be, is taken off.

    An engine that was starting a container while it was removed may keep its place (20.10: "has
    active endpoints"), and a person may have put one of theirs on the run's network.
    """
    try:
        await engine.remove(thing)
    except RuntimeFailure:
        await engine.call(f"looking at {thing.name}", thing.reload)
        for one in (thing.attrs.get("Containers") or {}).values():
            with suppress(RuntimeFailure):  # gone meanwhile
                await engine.call("taking it off", thing.disconnect, one["Name"], force=True)
        await engine.remove(thing)


async def _remove_container(engine: Engine, container: Any, logs: Path) -> None:
    if container.status == "paused":
        await engine.call(f"unpausing {container.name}", container.unpause)
    if container.status == "running":
        await engine.call(f"killing {container.name}", container.kill)
    try:
        said = await engine.call(f"log of {container.name}", container.logs, timestamps=True)
    except RuntimeFailure as error:
        said = f"(no log: {error})\n".encode()
    _keep(logs, f"{container.labels[PROGRAM]}.log", said)
    await engine.remove(container, v=True, force=True)


def _keep(logs: Path, name: str, said: bytes) -> None:
    with suppress(OSError):  # a full disk: the container must go all the same
        if logs.is_dir() and said:
            (logs / Path(name).name).write_bytes(said)

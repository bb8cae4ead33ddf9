"""Containers that stand already, asked of `docker` by name, where a target lets them be broken."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping

from harness.errors import RuntimeFailure
from harness.json_types import JsonDict, JsonObject

CALL_S = 15.0  # chosen: `docker stop` waits 3 s, an engine in distress needs some more
RUNS = "running"


async def stand(services: Mapping[str, str]) -> None:
    """See that containers can be broken and brought back.

    Args:
        services: name -> container.

    Raises:
        RuntimeFailure: one is not there, does not run, or is gone once it ends.
    """
    for name, container in services.items():
        if (status := (await state_of(container))["Status"]) != RUNS:
            raise RuntimeFailure(f"{name}: container {container} is {status}; start it first")
        removed = await docker("inspect", "--format={{json .HostConfig.AutoRemove}}", container)
        if json.loads(removed):
            raise RuntimeFailure(
                f"{name}: container {container} is removed once it ends (--rm): it could not be "
                "brought back; run it without --rm, or leave it out of allow:"
            )


async def give_back(state: JsonObject) -> list[str]:
    """Let every container that a run may have broken run again.

    Args:
        state: recovery state of the run.

    Returns:
        those that do not.
    """
    left = []
    for name, one in state["services"].items():
        if container := one.get("container", ""):
            try:
                await run_again(container)
            except RuntimeFailure as error:
                left.append(f"{name}: {error}")
    return left


async def run_again(container: str) -> None:
    """Unpause or start a container; nothing where it runs.

    Raises:
        RuntimeFailure: docker cannot.
    """
    status = (await state_of(container))["Status"]
    if status == "paused":
        await docker("unpause", container)
    elif status not in (RUNS, "restarting"):
        await docker("start", container)


async def state_of(container: str) -> JsonDict:
    """What the engine says of a container: Status, Pid, StartedAt, ExitCode."""
    return dict(json.loads(await docker("inspect", "--format={{json .State}}", container)))


async def docker(*words: str) -> str:
    """What a command of docker says.

    Raises:
        RuntimeFailure: it failed, took too long, or there is no docker.
    """
    if not (program := shutil.which("docker")):
        raise RuntimeFailure("no docker on this machine: allow: is about containers")
    process = await asyncio.create_subprocess_exec(
        program, "container", *words, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(CALL_S):
            out, wrong = await process.communicate()
    except TimeoutError:
        process.kill()
        raise RuntimeFailure(f"docker {' '.join(words)}: no end after {CALL_S:g} s") from None
    if process.returncode:
        raise RuntimeFailure(f"docker {' '.join(words)}: {' '.join(wrong.decode().split())}")
    return out.decode()
